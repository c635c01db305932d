import type { Frame } from "../frame/frame.ts";
import { toSha256 } from "../sha256.ts";

import { isFrameName, parseFrameName } from "./key.ts";
import { findCommit, frameOf, newestCommit, type VersionQuery } from "./manifest/history.ts";
import type { Commit, PublishedFrame } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import type { ReadFrameOptions } from "./published-frame.ts";
import { readShown } from "./published-frame.ts";
import { findUnpublished, type Pinned, type ReadFrame, readFrame } from "./read-frame.ts";
import type { FoundObject, Store, StoreOptions } from "./store.ts";
import { isDamage, readStoredFile } from "./stored-file.ts";

/**
 * One publication, pinned: its reads stay of one piece, also when another is published meanwhile.
 */
export interface Version {
  /** rises by one with every publication; `null` when nothing is published */
  readonly number: number | null;
  /** names all that is seen of it, CSVs of other tools among it; `null` when there is nothing */
  readonly id: string | null;
  /** an instant as text; `null` when nothing is published */
  readonly publishedAt: string | null;
  /** what the manifest tells of it; `undefined` when nothing is published */
  readonly commit: Commit | undefined;
  /** names the evaluation whose outputs it holds; `null` when it holds none */
  readonly evaluation: string | null;
  /** the highest fence that was ever published with; 0 before the first */
  readonly fence: number;
  /** The published frames by name, as data; reads nothing. */
  frames(): ReadonlyMap<string, PublishedFrame>;
  /** The CSVs of other tools that stand for frames which no run has published, by name, as data. */
  foreign(): ReadonlyMap<string, FoundObject>;
  /** The oldest version that is kept with the same file of a frame; undefined for one that is not published. */
  since(name: string): number | undefined;
  /**
   * Reads a frame, or `undefined` when there is none. A frame that no run has published is looked
   * for at `<name>.csv`, where another tool may have left it. One whose files are damaged is read
   * from the newest earlier version that has it whole, and the warning says so.
   *
   * @throws {HexError} HEX_KEY_INVALID, HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED when no version
   * that is kept has the frame undamaged; HEX_DATA_INVALID when it is larger than what is read
   */
  readFrame(name: string, options?: ReadFrameOptions): Promise<ReadFrame | undefined>;
  /**
   * Reads what every cell showed with default inputs, as JSON. It is `undefined` when it was not
   * published, and, with a warning, when it is damaged: the cells can show it again.
   *
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  readOutputs(options?: ReadFrameOptions): Promise<Uint8Array | undefined>;
  /**
   * Reads the whole frame that a cell showed with default inputs; `undefined` when it was not kept,
   * and, with a warning, when it is damaged: the cell can show it again.
   *
   * @throws {HexError} HEX_STORE_UNAVAILABLE
   */
  readShown(cell: string, options?: ReadFrameOptions): Promise<Frame | undefined>;
}

export interface OpenVersionOptions extends StoreOptions, Pick<VersionQuery, "commitId"> {
  /** which version; the newest unless told */
  readonly generation?: number | undefined;
  /** names of frames for which CSVs of other tools may stand: these are pinned as well */
  readonly frames?: readonly string[] | undefined;
}

/**
 * Pins a version.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED; HEX_USAGE for one that is not kept
 */
export async function openVersion(
  store: Store,
  { generation, commitId, signal, frames = [] }: OpenVersionOptions = {},
): Promise<Version> {
  const manifest = (await readManifest(store, { signal }))?.value;
  const commit =
    generation === undefined
      ? newestCommit(manifest)
      : findCommit(store.location, manifest, { generation, commitId });
  const unpublished = frames.filter(
    (name) => isFrameName(name) && frameOf(commit, name) === undefined,
  );
  const found = unpublished.map(
    async (name) => [name, await findUnpublished(store, manifest, name, { signal })] as const,
  );
  return toVersion(store, { manifest, commit, looked: new Map(await Promise.all(found)) });
}

function toVersion(store: Store, pinned: Pinned): Version {
  const { manifest, commit, looked } = pinned;
  const frames = new Map(Object.entries(commit?.frames ?? {}));
  const foreign = new Map([...looked].flatMap(([name, found]) => (found ? [[name, found]] : [])));
  return {
    id: toViewId(commit, foreign),
    number: commit?.generation ?? null,
    publishedAt: commit?.publishedAt ?? null,
    commit,
    evaluation: commit?.outputs === undefined ? null : toEvaluationId(commit),
    fence: manifest?.fence ?? 0,
    frames: () => frames,
    foreign: () => foreign,
    since: (name) => {
      const key = frames.get(name)?.csv.key;
      return manifest?.commits.findLast((each) => key && frameOf(each, name)?.csv.key === key)
        ?.generation;
    },
    readFrame: async (name, options) => readFrame(store, pinned, parseFrameName(name), options),
    readOutputs: async (options) => readOutputs(store, commit, options),
    readShown: async (cell, options) => readShown(store, commit, cell, options),
  };
}

async function readOutputs(
  store: Store,
  commit: Commit | undefined,
  { signal, onWarning }: ReadFrameOptions = {},
): Promise<Uint8Array | undefined> {
  if (commit?.outputs === undefined) return undefined;
  try {
    return await readStoredFile(store, commit.outputs, { signal });
  } catch (error) {
    if (!isDamage(error)) throw error;
    onWarning?.(`${error.message}; the cells have to show it again`);
    return undefined;
  }
}

const FOREIGN_ID = /^(?:(.+)-)?csv-[0-9a-f]{32}$/;

/**
 * Names what is seen of a store: its commit, and the CSVs of other tools that stand for frames which
 * no run has published. `null` where there is neither.
 */
function toViewId(
  commit: Pick<Commit, "commitId"> | undefined,
  foreign: ReadonlyMap<string, FoundObject>,
): string | null {
  if (foreign.size === 0) return commit?.commitId ?? null;
  const contents = [...foreign].map(([name, { tag }]) => [name, tag]).sort();
  const digest = toSha256(JSON.stringify(contents));
  const csv = `csv-${digest.slice(0, 32)}`;
  return commit === undefined ? csv : `${commit.commitId}-${csv}`;
}

/** The id of the commit in what `toViewId` gave; undefined for none. */
export function commitIdOf(viewId: string): string | undefined {
  const match = FOREIGN_ID.exec(viewId);
  return match === null ? viewId : match[1];
}

/** Names the evaluation whose outputs a version holds; no other version ever has the name. @internal */
export function toEvaluationId({
  generation,
  commitId,
}: Pick<Commit, "generation" | "commitId">): string {
  return `${generation}.${commitId}`;
}

/** The version whose evaluation has this id; undefined for any other evaluation. */
export function parseEvaluationId(id: string): Pick<Commit, "generation" | "commitId"> | undefined {
  const [, digits, commitId] = /^([1-9]\d{0,14})\.([\w-]{1,200})$/.exec(id) ?? [];
  return commitId === undefined ? undefined : { generation: Number(digits), commitId };
}

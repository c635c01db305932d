import {
  filesOf,
  findCommit,
  frameOf,
  newestCommit,
  newestGeneration,
  type Retention,
  toNextManifest,
} from "./manifest/history.ts";
import type { Commit, Manifest, PublishedFrame } from "./manifest/manifest.ts";
import { readManifest } from "./manifest/manifest.ts";
import { type SwapOptions, swapManifest } from "./manifest/swap-manifest.ts";
import {
  type CopyOptions,
  claimPlaces,
  copyForOthers,
  isOurs,
  placesToClaim,
} from "./shared-files.ts";
import type { Store, StoreOptions } from "./store.ts";
import { checkStoredFile, isDamage } from "./stored-file.ts";
import type { Version } from "./version.ts";

/** A version as known without reading its frames. */
export interface VersionSummary
  extends Omit<
    Commit,
    "frames" | "outputs" | "shown" | "defaults" | "trigger" | "publishedBy" | "note"
  > {
  readonly isNewest: boolean;
  /** which door the run came in by; `null` when it is not known */
  readonly trigger: string | null;
  /** `user@host`; `null` when it is not known */
  readonly publishedBy: string | null;
  /** such as `rollback to 3` */
  readonly note: string | null;
  readonly frames: number;
  /** of all frames */
  readonly rows: number;
  /** of all files; a file that several versions share counts in each */
  readonly sizeBytes: number;
}

export interface RollbackOptions extends Retention, SwapOptions, CopyOptions {
  /** who goes back, as `user@host` */
  readonly publishedBy?: string | undefined;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
}

/**
 * Lists the versions that are kept, the newest first.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_STORE_DAMAGED
 */
export async function listVersions(
  store: Store,
  { signal }: StoreOptions = {},
): Promise<VersionSummary[]> {
  const stored = await readManifest(store, { signal });
  return (stored?.value.commits ?? []).map((commit, index) => toSummary(commit, index === 0));
}

/** A CSV of another tool that stands for a frame which no run has published. */
export interface ForeignSummary {
  readonly frame: string;
  readonly key: string;
  /** an instant, by the clock of the store */
  readonly writtenAt: string;
  readonly sizeBytes: number;
}

/** Lists the CSVs of other tools that a version shows, by the names of their frames. */
export function listForeign(version: Pick<Version, "foreign">): readonly ForeignSummary[] {
  const all = [...version.foreign()].sort(([left], [right]) => (left < right ? -1 : 1));
  return all.map(([frame, { key, modifiedAt, sizeBytes }]) => ({
    ...{ frame, key, sizeBytes },
    writtenAt: modifiedAt.toISOString(),
  }));
}

/** The version that a run has published, among those that are kept; going back to one copies its run's id. */
export function findOwnVersion(
  versions: readonly VersionSummary[],
  runId: string,
): number | undefined {
  return versions.findLast((version) => version.runId === runId)?.generation;
}

/**
 * Publishes an earlier version anew and returns its new number: the history goes on, with frames
 * that point back. Each of them is checked first, so that nobody goes back to a damaged version.
 *
 * @throws {HexError} HEX_USAGE for a version that is not kept; HEX_NAME_TAKEN when a file that no
 * run has published lies in the place of a frame that comes back; HEX_STORE_UNAVAILABLE,
 * HEX_STORE_DAMAGED
 */
export async function rollback(
  store: Store,
  generation: number,
  options: RollbackOptions = {},
): Promise<number> {
  const { signal, publishedBy, now = Date.now } = options;
  const stored = await readManifest(store, { signal });
  const target = findCommit(store.location, stored?.value, { generation });
  for (const frame of Object.values(target.frames)) await assertReadable(store, frame, { signal });
  const newest = newestCommit(stored?.value);
  const claims = Object.entries(target.frames).flatMap(([name, frame]) => {
    return placesToClaim(name, frameOf(newest, name)).filter(({ format }) => isOurs(frame, format));
  });
  const nothingKnown = claims.map((place) => ({ ...place, frame: undefined }));
  await claimPlaces(store, nothingKnown, options);
  const build = (current: Manifest | undefined, commitId: string) => {
    // Looked up again: it may have left the history meanwhile, and its files with it.
    const again = findCommit(store.location, current, { generation, commitId: target.commitId });
    const publishedAt = new Date(now()).toISOString();
    const note = `rollback to ${generation}`;
    const commit = { ...again, commitId, publishedBy, publishedAt, note };
    return toNextManifest(
      { ...commit, generation: newestGeneration(current) + 1 },
      current,
      options,
    );
  };
  const commit = await swapManifest(store, build, options);
  const names = new Set([...Object.keys(newest?.frames ?? {}), ...Object.keys(commit.frames)]);
  await copyForOthers(store, names, { ...options, before: newest });
  return commit.generation;
}

/** Makes sure that one of a frame's files is what was published. */
async function assertReadable(
  store: Store,
  { arrow, csv }: PublishedFrame,
  options: StoreOptions,
): Promise<void> {
  try {
    if (arrow !== undefined) {
      // Block by block: a server that goes back goes on answering meanwhile.
      await checkStoredFile(store, arrow, options);
      return;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  await checkStoredFile(store, csv, options);
}

function toSummary(commit: Commit, isNewest: boolean): VersionSummary {
  const { frames, outputs, shown, defaults, ...others } = commit;
  const { trigger = null, publishedBy = null, note = null, ...facts } = others;
  const all = Object.values(frames);
  return {
    ...facts,
    ...{ isNewest, trigger, publishedBy, note },
    frames: all.length,
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: filesOf(commit).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

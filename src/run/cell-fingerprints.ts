import type { CellNode } from "../cell/cell-node.ts";
import { namesAbove } from "../cell/graph.ts";
import { ownValue } from "../frame/own-value.ts";
import { toSha256 } from "../sha256.ts";
import { toCodeHash } from "../source/code-hash.ts";
import type { FileContents } from "../source/file-contents.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { StoredState } from "../store/manifest/manifest.ts";

/** Fingerprints of cells by name, each without the cells above. */
export type CellFingerprints = ReadonlyMap<string, CellFingerprint>;

interface FingerprintOptions {
  /** the project's folder */
  readonly directory: string;
  readonly contents: FileContents;
  /** over the secrets that cells may see; "" for none */
  readonly secretsDigest: string;
  /** whether a cell's files are to be read, which may be large and elsewhere; all are unless told */
  readonly isDataRead?: ((cell: string) => boolean) | undefined;
}

/** Reads the fingerprints of cells, as their files are now. */
export async function readCellFingerprints(
  { cells }: Pick<LoadedCells, "cells">,
  { directory, contents, secretsDigest, isDataRead = () => true }: FingerprintOptions,
): Promise<CellFingerprints> {
  const read = cells.map(
    async ({ name, ownCode, dataFiles }): Promise<[string, CellFingerprint]> => {
      const data = isDataRead(name) ? await contents.read(dataFiles, directory) : "";
      return [name, { code: ownCode, data, secrets: secretsDigest }];
    },
  );
  return new Map(await Promise.all(read));
}

export interface EvaluatedWith {
  /** resolved values of inputs by name */
  readonly inputs: ReadonlyMap<string, unknown>;
  /** SHA-256 of the CSV of each published frame that this evaluation reads, by name of the frame */
  readonly frames: ReadonlyMap<string, string>;
}

/**
 * All that a cell's result hangs on, together with the cells above it. Data of cells beyond a
 * published frame counts by that frame: where an app is served, there may be nothing else of it.
 */
export function toCellState(
  name: string,
  { cells }: Pick<LoadedCells, "cells">,
  fingerprints: CellFingerprints,
  { inputs, frames }: EvaluatedWith = NOTHING,
): CellState {
  const names = [name, ...namesAbove(cells, [name])].sort();
  const fingerprintOf = (each: string) => fingerprints.get(each) ?? NO_FINGERPRINT;
  const hashed = cells.map((each) => ({ ...each, ownCode: fingerprintOf(each.name).code }));
  const near = nearOf(name, cells);
  const data = [name, ...near.names]
    .sort()
    .map((each) => [each, fingerprintOf(each).data])
    .filter(([, digest]) => digest !== "");
  const secrets = new Set(
    names.map((each) => fingerprintOf(each).secrets).filter((each) => each !== ""),
  );
  const kept = names.filter((each) => inputs.has(each) && isInput(each, cells));
  return {
    code: toCodeHash(name, hashed),
    data: data.length === 0 ? "" : toSha256(JSON.stringify(data)),
    inputs: Object.fromEntries(kept.map((each) => [each, inputs.get(each)])),
    secrets: [...secrets].sort().join(" "),
    frames: Object.fromEntries(framesAbove(near.heavy, cells, frames)),
  };
}

const NOTHING: EvaluatedWith = { inputs: new Map(), frames: new Map() };
const NO_FINGERPRINT: CellFingerprint = { code: "", data: "", secrets: "" };

type Cells = LoadedCells["cells"];

/** Whether a cell is an input. */
export function isInput(name: string, cells: Cells): boolean {
  return cells.find((each) => each.name === name)?.kind === "input";
}

/** The published frames of the nearest cached cells above, variants among them, sorted by name. */
function framesAbove(
  above: readonly HeavyCell[],
  cells: Cells,
  frames: ReadonlyMap<string, string>,
): [string, string][] {
  const nearest = new Set(above.map(({ frame }) => frame));
  const owners = new Set(cells.flatMap(({ frame }) => frame ?? []));
  const found = [...frames].filter(([frame]) => {
    if (nearest.has(frame)) return true;
    // Another cell may publish under a name that looks like a variant's.
    const [, own = ""] = /^(.*)\/[^/]*$/.exec(frame) ?? [];
    return !owners.has(frame) && nearest.has(own);
  });
  return found.sort(([left], [right]) => (left < right ? -1 : 1));
}

/** Cells above a cell, as far as the next published frames. */
interface NearCells {
  /** names of the cells above it, without those that publish a frame */
  readonly names: readonly string[];
  /** the nearest cached cells above it */
  readonly heavy: readonly HeavyCell[];
}

type HeavyCell = Required<Pick<CellNode, "name" | "frame">>;

/** Goes up from a cell as far as to the published frames that it is computed from. */
export function nearOf(
  name: string,
  cells: readonly Pick<Cells[number], "name" | "dependencies" | "frame">[],
): NearCells {
  const byName = new Map(cells.map((each) => [each.name, each]));
  const seen = new Set<string>();
  const names: string[] = [];
  const heavy: HeavyCell[] = [];
  const waiting = [...(byName.get(name)?.dependencies ?? [])];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (seen.has(each)) continue;
    seen.add(each);
    const cell = byName.get(each);
    if (cell?.frame !== undefined) heavy.push({ name: each, frame: cell.frame });
    else {
      names.push(each);
      waiting.push(...(cell?.dependencies ?? []));
    }
  }
  return { names, heavy };
}

/** Fingerprint of a cell without the cells above it. */
interface CellFingerprint {
  /** over its own code with everything that it loads */
  readonly code: string;
  /** over the content of the files that it names or watches; "" for none */
  readonly data: string;
  /** keyed digest of the secrets that it may see; "" for none */
  readonly secrets: string;
}

/**
 * All that a cell's result hangs on: equal states are "still the same". It is made of content alone,
 * never of a file's time, and is kept with each published frame and each saved output.
 */
export type CellState = StoredState;

/** Differences between two states, each in a few words such as "its code changed"; none: equal. */
export function toStateChanges(before: CellState, now: CellState): readonly string[] {
  const changes: string[] = [];
  if (before.code !== now.code) changes.push("its code changed");
  if (before.data !== now.data) changes.push("its data changed");
  if (before.secrets !== now.secrets) changes.push("a secret changed");
  for (const name of namesOf(before.inputs, now.inputs)) {
    const [was, is] = [before, now].map(({ inputs }) => toText(ownValue(inputs, name)));
    if (was !== is) changes.push(`input ${name} is ${is}, was ${was}`);
  }
  for (const name of namesOf(before.frames, now.frames)) {
    if (ownValue(before.frames, name) !== ownValue(now.frames, name))
      changes.push(`frame ${name} changed`);
  }
  return changes;
}

function namesOf(...records: readonly object[]): string[] {
  return [...new Set(records.flatMap((each) => Object.keys(each)))].sort();
}

/** As people write it; missing for an input that one of the two does not have. */
function toText(value: unknown): string {
  return JSON.stringify(value) ?? "not set";
}

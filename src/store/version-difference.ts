import { ownValue } from "../frame/own-value.ts";
import type { Commit, PublishedFrame } from "./manifest/manifest.ts";

/** Differences between two versions by their manifests; no frame is read. */
export interface VersionDifference {
  readonly from: VersionFacts;
  readonly to: VersionFacts;
  /** of the whole project */
  readonly isSameCode: boolean;
  /** whether all cells showed the same with default inputs; null where one tells nothing of it */
  readonly isSameOutput: boolean | null;
  /** inputs of another value, by name */
  readonly inputs: readonly InputDifference[];
  /** all frames of either version, by name */
  readonly frames: readonly FrameDifference[];
}

/** Facts about a version itself. */
interface VersionFacts
  extends Pick<Commit, "generation" | "runId" | "context" | "publishedAt" | "codeHash"> {
  readonly rows: number;
  readonly sizeBytes: number;
}

/** An input of another value; `undefined`, and absent in JSON, where the run was not given it. */
interface InputDifference {
  readonly name: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface FrameDifference {
  readonly name: string;
  readonly change: "added" | "removed" | "changed" | "same";
  /** null where the version does not have it */
  readonly before: FrameFacts | null;
  readonly after: FrameFacts | null;
  /** columns that one version lacks or that have another type; none for a frame that only one has */
  readonly columns: readonly ColumnDifference[];
}

interface FrameFacts extends Pick<PublishedFrame, "cell" | "rows" | "computedAt"> {
  /** of its CSV */
  readonly sizeBytes: number;
  readonly columns: number;
  /** of the code of the cell that wrote it */
  readonly codeHash: string;
}

export interface ColumnDifference {
  readonly name: string;
  readonly change: "added" | "removed" | "retyped";
  /** its type; null where the version does not have it */
  readonly before: ColumnType | null;
  readonly after: ColumnType | null;
}

type ColumnType = PublishedFrame["columns"][number]["type"];

/** Compares what two versions hold. */
export function toVersionDifference(from: Commit, to: Commit): VersionDifference {
  const names = [...new Set([...Object.keys(from.frames), ...Object.keys(to.frames)])].sort();
  return {
    from: toFacts(from),
    to: toFacts(to),
    isSameCode: from.codeHash === to.codeHash,
    isSameOutput:
      from.outputs === undefined || to.outputs === undefined
        ? null
        : from.outputs.sha256 === to.outputs.sha256,
    inputs: toInputDifferences(from.inputs, to.inputs),
    frames: names.map((name) =>
      toFrameDifference(name, ownValue(from.frames, name), ownValue(to.frames, name)),
    ),
  };
}

function toFacts({ generation, runId, context, publishedAt, codeHash, frames }: Commit) {
  const all = Object.values(frames);
  return {
    ...{ generation, runId, context, publishedAt, codeHash },
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    sizeBytes: all.reduce((sum, { csv }) => sum + csv.sizeBytes, 0),
  };
}

type Inputs = Commit["inputs"];

function toInputDifferences(before: Inputs, after: Inputs): readonly InputDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((name) => ({ name, before: ownValue(before, name), after: ownValue(after, name) }))
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
}

function toFrameDifference(
  name: string,
  before: PublishedFrame | undefined,
  after: PublishedFrame | undefined,
): FrameDifference {
  const told = { name, before: toFrameFacts(before), after: toFrameFacts(after) };
  if (before === undefined) return { ...told, change: "added", columns: [] };
  if (after === undefined) return { ...told, change: "removed", columns: [] };
  const columns = toColumnDifferences(before.columns, after.columns);
  // A type is not in the CSV: two frames may have the same one.
  const isSame = columns.length === 0 && before.csv.sha256 === after.csv.sha256;
  return { ...told, change: isSame ? "same" : "changed", columns };
}

function toFrameFacts(frame: PublishedFrame | undefined): FrameFacts | null {
  if (frame === undefined) return null;
  const { cell, rows, computedAt, codeHash, columns, csv } = frame;
  const { sizeBytes } = csv;
  return { cell, rows, sizeBytes, columns: columns.length, computedAt, codeHash };
}

type Columns = PublishedFrame["columns"];

function toColumnDifferences(before: Columns, after: Columns): readonly ColumnDifference[] {
  const typeIn = (columns: Columns, name: string) =>
    columns.find((column) => column.name === name)?.type ?? null;
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  return names.flatMap((name): readonly ColumnDifference[] => {
    const types = { before: typeIn(before, name), after: typeIn(after, name) };
    if (types.before === types.after) return [];
    if (types.before === null) return [{ name, change: "added", ...types }];
    return [{ name, change: types.after === null ? "removed" : "retyped", ...types }];
  });
}

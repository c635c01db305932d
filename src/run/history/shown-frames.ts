import * as v from "valibot";
import { HexError } from "../../errors.ts";
import { openOwnArrow } from "../../frame/arrow/arrow-file.ts";
import type { Frame } from "../../frame/frame.ts";
import { COLUMN_TYPES } from "../../frame/schema.ts";
import {
  countSchema,
  DocumentKind,
  ordinal,
  sha256,
  textSchema,
  wordSchema,
} from "../../store/document.ts";
import { shownFrameKey, stagedPrefix } from "../../store/key.ts";
import type { Commit, PublishedShown } from "../../store/manifest/manifest.ts";
import { shownOf } from "../../store/published-frame.ts";
import { SHOWN_LIMITS, type ShownLimits, stageShownFrame } from "../../store/staged-files.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { isDamage, isInvalidData, readStoredFile } from "../../store/stored-file.ts";
import { openVersion } from "../../store/version.ts";
import { isSameFrame, type ShownFrame } from "../cell-output.ts";
import type { CellResult, RunResult } from "../run-event.ts";
import { keysOf } from "./run-id.ts";
import { format } from "./stored-record.ts";

const KeptFrame = v.object({
  at: v.literal("history"),
  rows: countSchema,
  columns: v.array(
    v.object({
      name: textSchema,
      type: v.picklist(COLUMN_TYPES, `one of ${COLUMN_TYPES.join(", ")}`),
    }),
    "a list of columns",
  ),
  sha256,
  sizeBytes: countSchema,
});

const ShownPlace = v.variant("at", [
  KeptFrame,
  /** the frame of a version, as long as that one is kept; an older index names no commit */
  v.object({
    at: v.literal("version"),
    version: ordinal,
    commit: v.optional(wordSchema),
    frame: wordSchema,
  }),
  /** the version's own copy, as long as that version is kept */
  v.object({
    at: v.literal("shown"),
    version: ordinal,
    commit: wordSchema,
    sha256,
    sizeBytes: countSchema,
  }),
  /** larger than the limit of one cell, or than the room left for the run */
  v.object({ at: v.literal("nowhere"), neededBytes: countSchema, mostBytes: countSchema }),
]);

const ShownIndex = v.object({
  format,
  runId: wordSchema,
  attempt: ordinal,
  /** by the name of the cell that showed it */
  cells: v.record(v.string(), ShownPlace, "the cells by name"),
});

/** A frame in a file of the run's history. */
type KeptFrame = Readonly<v.InferOutput<typeof KeptFrame>>;

/** Place of a frame that a cell showed. */
export type ShownPlace = Readonly<v.InferOutput<typeof ShownPlace>>;

/** Places of the frames that a run's cells showed. */
export type ShownIndex = Readonly<v.InferOutput<typeof ShownIndex>>;

const INDEXES = new DocumentKind<ShownIndex>({
  schema: ShownIndex,
  format: 1,
  indent: 1,
  limitBytes: 2 ** 26,
});

/** Frames that an attempt at a run has shown. */
export interface ShownFrames {
  readonly result: RunResult;
  readonly attempt: number;
  /** whole frames by the name of the cell that showed them */
  readonly frames: ReadonlyMap<string, ShownFrame>;
}

interface KeepShownOptions extends StoreOptions {
  readonly limits?: ShownLimits;
}

/**
 * Keeps the whole frames that a run's cells showed, beside its history; one that a version holds is
 * only referred to. Gives the place of each.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE
 */
export async function keepShownFrames(
  store: Store,
  { result, attempt, frames }: ShownFrames,
  { signal, limits = SHOWN_LIMITS }: KeepShownOptions = {},
): Promise<ShownIndex> {
  const { runId } = result;
  const keys = keysOf(runId);
  const published = await toPublishedPlaces(store, { result, attempt, frames }, { signal });
  const places: [string, ShownPlace][] = [];
  let leftBytes = limits.runBytes;
  for (const cell of result.cells) {
    const shown = frames.get(cell.name);
    if (shown === undefined) continue;
    const mostBytes = Math.min(leftBytes, limits.frameBytes);
    const place =
      published.get(cell.name) ??
      (await keepFrame(
        store,
        {
          key: shownFrameKey(keys, attempt, cell.name),
          place: `what cell ${cell.name} shows`,
          frame: shown.frame,
          mostBytes,
        },
        { signal },
      ));
    if (place.at === "history") leftBytes -= place.sizeBytes;
    places.push([cell.name, place]);
  }
  const index: ShownIndex = { format: 1, runId, attempt, cells: Object.fromEntries(places) };
  // Last, so that it names nothing that is not there.
  await INDEXES.at(store, keys.outputs).write(index, { signal });
  return index;
}

/** Places of the frames that a run's cells showed; `undefined` when they were not kept. */
export async function readShownIndex(
  store: Store,
  runId: string,
  { signal }: StoreOptions = {},
): Promise<ShownIndex | undefined> {
  return (await INDEXES.at(store, keysOf(runId).outputs).read({ signal }))?.value;
}

/**
 * Reads a frame that history keeps.
 *
 * @throws {HexError} HEX_OUTPUT_GONE when it is no longer there, or is not what was kept
 */
export async function readKeptFrame(
  store: Store,
  { runId, attempt }: Pick<ShownIndex, "runId" | "attempt">,
  cell: string,
  { columns, sha256, sizeBytes }: KeptFrame,
  { signal }: StoreOptions = {},
): Promise<Frame> {
  const key = shownFrameKey(keysOf(runId), attempt, cell);
  try {
    const bytes = await readStoredFile(store, { key, sha256, sizeBytes }, { signal });
    return await openOwnArrow(bytes, columns);
  } catch (error) {
    if (!isDamage(error) && !isInvalidData(error)) throw error;
    throw new HexError(
      "HEX_OUTPUT_GONE",
      `Expected what cell ${cell} showed to be kept, got a file that is gone or damaged (run it again)`,
      { cause: error },
    );
  }
}

async function keepFrame(
  store: Store,
  shown: Parameters<typeof stageShownFrame>[1],
  options: StoreOptions,
): Promise<ShownPlace> {
  const file = await stageShownFrame(store, shown, options);
  if (typeof file === "number")
    return { at: "nowhere", neededBytes: file, mostBytes: shown.mostBytes };
  const { key: _, ...facts } = file;
  return { at: "history", ...facts };
}

/** Places in versions of frames that need no second copy, by cell. */
async function toPublishedPlaces(
  store: Store,
  { result, attempt, frames }: ShownFrames,
  options: StoreOptions,
): Promise<ReadonlyMap<string, ShownPlace>> {
  const commits = new Map<number, Promise<Commit | undefined>>();
  const findCommit = (generation: number) => {
    const known = commits.get(generation) ?? openCommit(store, generation, options);
    commits.set(generation, known);
    return known;
  };
  const own = result.version === null ? undefined : await findCommit(result.version);
  const places = new Map<string, ShownPlace>();
  for (const cell of result.cells) {
    const place =
      toOwnPlace(cell.name, own, { ...result, attempt }) ??
      (await toRead(cell, frames, findCommit));
    if (place !== undefined) places.set(cell.name, place);
  }
  for (const [cell, shown] of frames) {
    if (places.has(cell)) continue;
    const [same] = [...frames].find(([other, { frame }]) => {
      return places.get(other)?.at === "version" && isSameFrame(frame, shown.frame);
    }) ?? [""];
    const place = places.get(same);
    if (place !== undefined) places.set(cell, place);
  }
  return places;
}

async function openCommit(
  store: Store,
  generation: number,
  { signal }: StoreOptions,
): Promise<Commit | undefined> {
  try {
    return (await openVersion(store, { generation, signal })).commit;
  } catch (error) {
    // It may have left the history while the run went on.
    if (error instanceof HexError && error.code === "HEX_USAGE") return undefined;
    throw error;
  }
}

/** Place in the version that this attempt has published. */
function toOwnPlace(
  cell: string,
  commit: Commit | undefined,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
): ShownPlace | undefined {
  // Other outputs than its own were taken over from the version before.
  const isOwn = commit?.outputs?.key.startsWith(stagedPrefix(runId, attempt));
  if (commit === undefined || !isOwn) return undefined;
  const place = shownOf(commit, cell);
  return place && toPlace(place, commit);
}

function toPlace(place: PublishedShown, { generation, commitId }: Commit): ShownPlace {
  const version = { version: generation, commit: commitId };
  if (place.at === "frame") return { at: "version", ...version, frame: place.frame };
  const { sha256, sizeBytes } = place;
  return { at: "shown", ...version, sha256, sizeBytes };
}

/** Place in the version whose frame a cached cell has read, or published with its run. */
async function toRead(
  { name, data }: CellResult,
  frames: ShownFrames["frames"],
  findCommit: (generation: number) => Promise<Commit | undefined>,
): Promise<ShownPlace | undefined> {
  const frame = frames.get(name)?.publishedAs;
  const version = data?.version ?? null;
  if (frame === undefined || version === null) return undefined;
  const commit = await findCommit(version);
  return { at: "version", version, commit: commit?.commitId, frame };
}

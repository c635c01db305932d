import { HexError } from "../../errors.ts";
import { arrowBlocks, frameFromArrow } from "../../frame/arrow.ts";
import type { Frame } from "../../frame/frame.ts";
import { shownFrameKey } from "../../store/key.ts";
import { SHOWN_LIMITS, type ShownLimits, stageFile } from "../../store/staged-files.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import { isDamage, isInvalidData, readStoredFile } from "../../store/stored-file.ts";
import type { RunResult } from "../run-event.ts";
import type { ShownFrame } from "../shown-frame.ts";
import { toPublishedPlaces } from "./published-places.ts";
import { keysOf } from "./run-keys.ts";
import {
  type KeptFrame,
  parseShownIndex,
  type ShownIndex,
  type ShownPlace,
  toShownIndexBytes,
} from "./shown-index.ts";

/** What a run has shown, and which attempt at it that was. */
export interface ShownFrames {
  readonly result: RunResult;
  readonly attempt: number;
  /** whole frames by the name of the cell that showed them */
  readonly frames: ReadonlyMap<string, ShownFrame>;
}

export interface KeepShownOptions extends StoreOptions {
  readonly limits?: ShownLimits;
}

const INDEX_LIMIT_BYTES = 2 ** 26;

/**
 * Keeps the whole frames that a run's cells showed, beside its history; one that a version holds is
 * only pointed at. Gives where each of them is.
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
      (await keepFrame(store, shown, {
        key: shownFrameKey(keys, attempt, cell.name),
        place: `what cell ${cell.name} shows`,
        mostBytes,
        signal,
      }));
    if (place.at === "history") leftBytes -= place.sizeBytes;
    places.push([cell.name, place]);
  }
  const index: ShownIndex = { format: 1, runId, attempt, cells: Object.fromEntries(places) };
  const contentType = "application/json";
  // Last, so that it tells of nothing that is not there.
  await store.write(keys.outputs, toShownIndexBytes(index), { signal, contentType });
  return index;
}

/** Where the frames are that a run's cells showed, or `undefined` when that was not kept. */
export async function readShownIndex(
  store: Store,
  runId: string,
  { signal }: StoreOptions = {},
): Promise<ShownIndex | undefined> {
  const key = keysOf(runId).outputs;
  const object = await store.read(key, { signal, limitBytes: INDEX_LIMIT_BYTES });
  return object && parseShownIndex(object.body, { key, location: store.location });
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
    return frameFromArrow(bytes, columns);
  } catch (error) {
    if (!isDamage(error) && !isInvalidData(error)) throw error;
    throw new HexError(
      "HEX_OUTPUT_GONE",
      `Expected what cell ${cell} showed to be kept, got a file that is gone or damaged (run it again)`,
      { cause: error },
    );
  }
}

interface KeepFrame extends StoreOptions {
  readonly key: string;
  readonly place: string;
  readonly mostBytes: number;
}

async function keepFrame(
  store: Store,
  { frame }: ShownFrame,
  { key, place, mostBytes, signal }: KeepFrame,
): Promise<ShownPlace> {
  const blocks = arrowBlocks(frame);
  const neededBytes = blocks.reduce((sum, { length }) => sum + length, 0);
  if (neededBytes > mostBytes) return { at: "nowhere", neededBytes, mostBytes };
  const contentType = "application/vnd.apache.arrow.stream";
  const { sha256, sizeBytes } = await stageFile(
    store,
    { key, contentType, place, blocks },
    { signal },
  );
  const columns = frame.schema.map(({ name, type }) => ({ name, type }));
  return { at: "history", rows: frame.numRows, columns, sha256, sizeBytes };
}

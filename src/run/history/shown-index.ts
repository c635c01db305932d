import * as v from "valibot";
import { COLUMN_TYPES } from "../../frame/schema.ts";
import {
  count,
  format,
  ordinal,
  parseStored,
  type StoredPlace,
  text,
  toStoredBytes,
  word,
} from "./stored-json.ts";

const sha256 = v.pipe(text, v.regex(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hexadecimal digits"));

const KeptFrame = v.object({
  at: v.literal("history"),
  rows: count,
  columns: v.array(
    v.object({ name: text, type: v.picklist(COLUMN_TYPES, `one of ${COLUMN_TYPES.join(", ")}`) }),
    "a list of columns",
  ),
  sha256,
  sizeBytes: count,
});

const ShownPlace = v.variant("at", [
  KeptFrame,
  /** the frame of a version, as long as that one is kept; an older index tells no commit */
  v.object({ at: v.literal("version"), version: ordinal, commit: v.optional(word), frame: word }),
  /** what a version keeps of the cell, as long as it is kept itself */
  v.object({ at: v.literal("shown"), version: ordinal, commit: word, sha256, sizeBytes: count }),
  /** it was larger than what is kept of one cell, or of what was left for the run */
  v.object({ at: v.literal("nowhere"), neededBytes: count, mostBytes: count }),
]);

const ShownIndex = v.object({
  format,
  runId: word,
  attempt: ordinal,
  /** by the name of the cell that showed it */
  cells: v.record(v.string(), ShownPlace, "the cells by name"),
});

/** A frame in a file of the run's history. */
export type KeptFrame = Readonly<v.InferOutput<typeof KeptFrame>>;

/** Where a frame is that a cell showed. */
export type ShownPlace = Readonly<v.InferOutput<typeof ShownPlace>>;

/** Where the frames are that a run's cells showed. */
export type ShownIndex = Readonly<v.InferOutput<typeof ShownIndex>>;

export function toShownIndexBytes(index: ShownIndex): Uint8Array {
  return toStoredBytes(index);
}

/**
 * Reads where the frames of a run are.
 *
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseShownIndex(bytes: Uint8Array, at: StoredPlace): ShownIndex {
  return parseStored(bytes, ShownIndex, at);
}

/**
 * Frames as CSV. The dialect we write, and alone read back strictly: UTF-8 without a byte order
 * mark, comma, a quoted header, one newline after every row; strings always quoted, all else bare;
 * a missing value is a bare empty field, or bare NA in a frame of one column (where a blank line
 * would be dropped by many readers); −0, NaN, inf and −inf are kept, other numbers are the shortest
 * text that reads back the same. Types are told by the schema beside the file.
 */
import type { AnyFrame, Frame } from "../frame.ts";
import { joinBytes } from "../join-bytes.ts";
import type { Schema } from "../schema.ts";
import { fileSource, memorySource } from "./byte-source.ts";
import { type ReadOwnOptions, readOwnCsv } from "./csv-own.ts";
import { csvBlocks } from "./csv-write.ts";

/** The frame as CSV by the rules above; see `csvBlocks` for a large one. */
export function frameToCsv(frame: AnyFrame): Uint8Array {
  return joinBytes([...csvBlocks(frame)]);
}

/**
 * Reads CSV that `frameToCsv` wrote.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else, or beyond a limit
 */
export async function frameFromCsv(
  bytes: Uint8Array,
  schema: Schema,
  options?: ReadOwnOptions,
): Promise<Frame> {
  return readOwnCsv(memorySource(bytes, "the CSV"), schema, options);
}

/** As `frameFromCsv`, from a file, of which one block at a time is in memory. */
export async function readCsvFile(
  path: string,
  schema: Schema,
  options?: ReadOwnOptions,
): Promise<Frame> {
  return readOwnCsv(fileSource(path), schema, options);
}

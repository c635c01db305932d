/**
 * Frames as CSV. The dialect we write, and alone read back strictly: UTF-8 without a byte order
 * mark, comma, a quoted header, one newline after every row; strings always quoted, all else bare;
 * a missing value is a bare empty field, or bare NA in a frame of one column (where a blank line
 * would be dropped by many readers); −0, NaN, inf and −inf are kept, other numbers are the shortest
 * text that reads back the same; the times of a column all have as many digits of a second as the
 * finest of them needs: none, 3 or 6. Types are told by the schema beside the file. Infinity was
 * written INF before, which is read for ever.
 */
import type { Frame } from "../frame.ts";
import type { Schema } from "../schema.ts";
import { fileSource, memorySource } from "./byte-source.ts";
import { type ReadOwnOptions, readOwnCsv } from "./csv-own.ts";

export { frameToCsv } from "./csv-write.ts";

/**
 * Reads CSV that `frameToCsv` wrote.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else, or beyond a limit
 * @example
 * const copy = await frameFromCsv(frameToCsv(planets), planets.schema);
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

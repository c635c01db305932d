/**
 * Frames as CSV. The dialect we write, and alone read back strictly: UTF-8 without a byte order
 * mark, comma, a quoted header, one newline after every row; strings always quoted, all else bare;
 * a missing value is a bare empty field, or bare NA in a frame of one column (where a blank line
 * would be dropped by many readers); −0, NaN, inf and −inf are kept, other numbers are the shortest
 * text that reads back the same; the times of a column all have as many digits of a second as the
 * finest of them needs: none, 3 or 6. Types are told by the schema beside the file. Infinity was
 * written INF before, which is read for ever.
 */

import { withTemporaryFile } from "../duckdb/duckdb.ts";
import type { Frame } from "../frame.ts";
import type { Schema } from "../schema.ts";
import { type ReadCsvFileOptions, readCsvFile } from "./csv-file.ts";
import type { CsvLimits } from "./csv-limits.ts";
import { readForeignCsv } from "./foreign-csv.ts";

export { frameToCsv } from "./csv-write.ts";

/**
 * Reads CSV that `frameToCsv` wrote.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else, or beyond a limit
 */
export async function frameFromCsv(
  bytes: Uint8Array,
  schema: Schema,
  limits?: Partial<CsvLimits>,
  options?: ReadCsvFileOptions,
): Promise<Frame> {
  return withTemporaryFile(bytes, (path) => readCsvFile(path, schema, limits, options));
}

/**
 * Reads CSV that another tool wrote, from its bytes or from a file; see `readForeignCsv`.
 * @throws {HexError} HEX_DATA_INVALID when it cannot be read as a table
 */
export async function frameFromForeignCsv(
  source: Uint8Array | string,
  declared?: Schema,
): Promise<Frame> {
  const { frame } = await readForeignCsv(source, undefined, declared);
  return frame;
}

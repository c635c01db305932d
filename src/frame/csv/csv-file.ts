import { open } from "node:fs/promises";
import { expectation } from "../../errors.ts";
import { loadOwnCsv } from "../duckdb/csv-own.ts";
import { type Connection, type Database, withDuckdb } from "../duckdb/duckdb.ts";
import { readColumns } from "../duckdb/duckdb-read.ts";
import { type SavedFile, saveBlocks } from "../file-blocks.ts";
import { type AnyFrame, type Frame, toFrameOf } from "../frame.ts";
import type { Schema } from "../schema.ts";
import { type CsvLimits, toCsvLimits } from "./csv-limits.ts";
import { CsvScan, type CsvText } from "./csv-scan.ts";
import { csvBlocks } from "./csv-write.ts";

export interface CsvFileOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ReadCsvFileOptions extends CsvFileOptions {
  /** what reads the values; default: a database opened for this file */
  readonly database?: Database | undefined;
}

const BLOCK_BYTES = 2 ** 20;

/**
 * Writes the frame as CSV by the rules of `csv.ts`, holding about 1 MiB of it at a time.
 * @throws {HexError} HEX_FRAME_INVALID for what could not be read again
 */
export async function writeCsvFile(
  frame: AnyFrame,
  path: string,
  { signal }: CsvFileOptions = {},
): Promise<SavedFile> {
  return saveBlocks(path, csvBlocks(frame), { signal });
}

/**
 * Reads a CSV file that `writeCsvFile` or `frameToCsv` wrote: its form is checked block by block,
 * then DuckDB reads the values.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else, or beyond a limit
 */
export async function readCsvFile(
  path: string,
  schema: Schema,
  limits?: Partial<CsvLimits>,
  { signal, database }: ReadCsvFileOptions = {},
): Promise<Frame> {
  const text = await scanFile(path, new CsvScan(schema, toCsvLimits(limits)), signal);
  const read = async (connection: Connection) => {
    const sources = await loadOwnCsv(connection, path, { schema, longest: text.longest });
    return readColumns(connection, "data", sources);
  };
  const columns = await (database ? database.use(read, signal) : withDuckdb(read, signal));
  const frame = toFrameOf(columns);
  if (frame.numRows === text.rows) return frame;
  throw expectation("HEX_DATA_INVALID", {
    place: "the CSV",
    expected: `of ${text.rows} rows`,
    got: `${frame.numRows} rows read`,
  });
}

async function scanFile(path: string, scan: CsvScan, signal?: AbortSignal): Promise<CsvText> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const block = new Uint8Array(Math.min(size, BLOCK_BYTES));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, block.length);
      if (bytesRead === 0) return scan.end();
      scan.push(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

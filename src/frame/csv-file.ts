import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { expectation } from "../errors.ts";
import { CSV_LIMITS, type CsvLimits, limitError, toCsvLimits } from "./csv-limits.ts";
import { CsvScan, type CsvText } from "./csv-scan.ts";
import { csvBlocks } from "./csv-write.ts";
import { loadOwnCsv } from "./duckdb/csv-own.ts";
import { type Connection, type Database, withDuckdb } from "./duckdb/duckdb.ts";
import { readColumns } from "./duckdb/duckdb-read.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import type { Schema } from "./schema.ts";

export interface CsvFileOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ReadCsvFileOptions extends CsvFileOptions {
  /** what reads the values; default: a database opened for this file */
  readonly database?: Database | undefined;
}

export interface WrittenCsv {
  readonly sha256: string;
  readonly sizeBytes: number;
}

const BLOCK_BYTES = 2 ** 20;

/**
 * Writes the frame as CSV by the rules of `csv.ts`, holding about 1 MiB of it at a time. A file
 * that cannot be finished is removed.
 * @throws {HexError} HEX_FRAME_INVALID for what could not be read again
 */
export async function writeCsvFile(
  frame: AnyFrame,
  path: string,
  { signal }: CsvFileOptions = {},
): Promise<WrittenCsv> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const file = await open(path, "w");
  try {
    for (const block of csvBlocks(frame)) {
      signal?.throwIfAborted();
      sizeBytes += block.length;
      if (sizeBytes > CSV_LIMITS.maxFileBytes) {
        throw limitError("HEX_FRAME_INVALID", "the CSV of a frame", CSV_LIMITS, "maxFileBytes");
      }
      hash.update(block);
      await file.writeFile(block);
    }
    await file.close();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
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
    const block = new Uint8Array(BLOCK_BYTES);
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

/**
 * Frames as CSV. The dialect we write, and alone read back strictly: UTF-8 without a byte order
 * mark, comma, a quoted header, one newline after every row; strings always quoted, all else bare;
 * a missing value is a bare empty field, or bare NA in a frame of one column (where a blank line
 * would be dropped by many readers); −0, NaN, INF and −INF are kept, other numbers are the shortest
 * text that reads back the same. Types are told by the schema beside the file.
 */
import { expectation } from "../errors.ts";
import { type ColumnData, dictionaryOf, type FrameColumn } from "./column/column-data.ts";
import { csvHeader, LONE_MISSING, quoteField, scanCsv } from "./csv-scan.ts";
import { createData, hasNamelessFirst, loadForeignCsv } from "./duckdb/csv-foreign.ts";
import { type Connection, quoteText, withDuckdb, withTemporaryFile } from "./duckdb/duckdb.ts";
import { readColumns, type SourceColumn } from "./duckdb/duckdb-read.ts";
import { describeTable } from "./duckdb/duckdb-types.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import type { ColumnType, Schema, Value } from "./schema.ts";

const WRITE_ROWS = 20_000;

/** The frame as CSV by the rules above. */
export function frameToCsv(frame: AnyFrame): Uint8Array {
  const columns = frame.columns();
  const missing = columns.length === 1 ? LONE_MISSING : "";
  const writers = columns.map((column) => fieldWriter(column, missing));
  const encoder = new TextEncoder();
  const pieces = [encoder.encode(csvHeader(frame.schema))];
  for (let start = 0; start < frame.numRows; start += WRITE_ROWS) {
    const end = Math.min(frame.numRows, start + WRITE_ROWS);
    pieces.push(encoder.encode(writeRows(writers, start, end)));
  }
  return joinBytes(pieces);
}

/**
 * Reads CSV that `frameToCsv` wrote.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else
 */
export async function frameFromCsv(bytes: Uint8Array, schema: Schema): Promise<Frame> {
  const text = scanCsv(bytes, schema);
  const columns = await withTemporaryFile(bytes, (path) =>
    withDuckdb(async (connection) => {
      await loadCsv(connection, path, { schema, longest: text.longest });
      return readColumns(connection, "data", schema.map(toSource));
    }),
  );
  const frame = toFrameOf(columns);
  if (frame.numRows === text.rows) return frame;
  throw expectation("HEX_DATA_INVALID", {
    place: "the CSV",
    expected: `of ${text.rows} rows`,
    got: `${frame.numRows} rows read`,
  });
}

/**
 * Reads CSV that another tool wrote, from its bytes or from a file. DuckDB finds the dialect and
 * the types; what pandas takes for missing is missing. A first column without a name is what
 * pandas writes for its index, and is dropped.
 * @throws {HexError} HEX_DATA_INVALID when it cannot be read as a table
 */
export async function frameFromForeignCsv(source: Uint8Array | string): Promise<Frame> {
  if (typeof source !== "string") return withTemporaryFile(source, frameFromForeignCsv);
  const hasIndex = await hasNamelessFirst(source);
  const columns = await withDuckdb(async (connection) => {
    await loadForeignCsv(connection, source);
    const sources = await describeTable(connection, "data");
    return readColumns(connection, "data", hasIndex ? sources.slice(1) : sources);
  });
  return toFrameOf(columns);
}

interface OwnCsv {
  readonly schema: Schema;
  readonly longest: number;
}

async function loadCsv(connection: Connection, path: string, own: OwnCsv): Promise<void> {
  const { schema, longest } = own;
  const types = schema.map(({ type }, index) => `'c${index}': '${DUCKDB_TYPES[type]}'`);
  const missing = schema.length === 1 ? LONE_MISSING : "";
  const options = [
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'",
    `new_line = '\\n', nullstr = '${missing}', allow_quoted_nulls = false`,
    `columns = {${types.join(", ")}}`,
    `max_line_size = ${Math.max(2_000_000, longest + 1)}`,
  ];
  await createData(connection, `SELECT * FROM read_csv(${quoteText(path)}, ${options.join(", ")})`);
}

const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "VARCHAR",
  number: "DOUBLE",
  integer: "BIGINT",
  bigint: "BIGINT",
  boolean: "BOOLEAN",
  date: "DATE",
  datetime: "TIMESTAMP",
  instant: "TIMESTAMP",
};

function toSource({ name, type }: Schema[number], index: number): SourceColumn {
  return { name, type, sql: `c${index}` };
}

type FieldWriter = (row: number) => string;

function fieldWriter({ type, data }: FrameColumn, missing: string): FieldWriter {
  const write = textOf(type, data);
  return (row) => {
    const value = data.at(row);
    return value === null ? missing : write(value, row);
  };
}

function textOf(type: ColumnType, data: ColumnData): (value: Value, row: number) => string {
  const coded = dictionaryOf(data);
  if (coded) {
    const quoted = coded.cache.map(quoteField);
    return (_, row) => quoted[Number(coded.values[row])] ?? "";
  }
  if (type === "string") return (value) => quoteField(String(value));
  if (type === "instant") return (value) => (value instanceof Date ? value.toISOString() : "");
  return type === "number" ? (value) => numberText(Number(value)) : String;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "INF" : "-INF";
}

function writeRows(writers: readonly FieldWriter[], start: number, end: number): string {
  const lines: string[] = [];
  for (let row = start; row < end; row++) {
    lines.push(writers.map((write) => write(row)).join(","));
  }
  return `${lines.join("\n")}\n`;
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let start = 0;
  for (const piece of pieces) {
    bytes.set(piece, start);
    start += piece.length;
  }
  return bytes;
}

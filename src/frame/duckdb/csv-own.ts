import { LONE_MISSING } from "../csv/csv-text.ts";
import type { ColumnType, Schema } from "../schema.ts";
import { createData } from "./csv-foreign.ts";
import { type Connection, quotePath } from "./duckdb.ts";
import type { SourceColumn } from "./duckdb-read.ts";

interface OwnCsv {
  readonly schema: Schema;
  /** the longest row in bytes */
  readonly longest: number;
}

const DEFAULT_LINE_SIZE = 2_000_000;

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

/**
 * Loads CSV that was scanned as our own into the temporary table `data`; nothing is guessed.
 * @throws {HexError} HEX_DATA_INVALID when a field is no value of its type
 */
export async function loadOwnCsv(
  connection: Connection,
  path: string,
  { schema, longest }: OwnCsv,
): Promise<SourceColumn[]> {
  const types = schema.map(({ type }, index) => `'c${index}': '${DUCKDB_TYPES[type]}'`);
  const missing = schema.length === 1 ? LONE_MISSING : "";
  const options = [
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'",
    `new_line = '\\n', nullstr = '${missing}', allow_quoted_nulls = false, compression = 'none'`,
    `columns = {${types.join(", ")}}`,
    `max_line_size = ${Math.max(DEFAULT_LINE_SIZE, longest + 1)}`,
  ];
  await createData(connection, `SELECT * FROM read_csv(${quotePath(path)}, ${options.join(", ")})`);
  return schema.map(({ name, type }, index) => ({ name, type, sql: `c${index}` }));
}

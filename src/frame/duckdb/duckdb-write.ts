/** Gets the columns of a frame into a DuckDB table, chunk by chunk. */
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  unitOf,
} from "../column/column-data.ts";
import type { ColumnType, Value } from "../schema.ts";
import {
  type Connection,
  copyItems,
  type DuckdbVector,
  itemsOf,
  newChunk,
  quoteName,
  quoteText,
} from "./duckdb.ts";

const CHUNK_ROWS = 2048;

/** How a column goes in: the type of its items there, and the SQL that makes its value of them. */
interface Entry {
  readonly type: string;
  readonly sql: (column: string) => string;
}

/** Creates a temporary table of columns; its rows keep their order. */
export async function createTable(
  connection: Connection,
  name: string,
  columns: readonly FrameColumn[],
): Promise<void> {
  const entries = columns.map(toEntry);
  const items = `items of ${name}`;
  const types = entries.map(({ type }, index) => `c${index} ${type}`);
  await connection.run(`CREATE TEMP TABLE ${quoteName(items)} (${types.join(", ")})`);
  await appendRows(connection, items, columns);
  const select = entries.map(
    ({ sql }, index) => `${sql(`c${index}`)} AS ${quoteName(columns[index]?.name ?? "")}`,
  );
  await connection.run(
    `CREATE TEMP TABLE ${quoteName(name)} AS SELECT ${select.join(", ")} FROM ${quoteName(items)}`,
  );
  await connection.run(`DROP TABLE ${quoteName(items)}`);
}

function toEntry({ type, data }: FrameColumn): Entry {
  const texts = codeTexts(data);
  if (texts) {
    return { type: `ENUM(${texts.map(quoteText).join(", ")})`, sql: (name) => `${name}::VARCHAR` };
  }
  if (type === "integer" && batchOf(data).values instanceof Int32Array) {
    return { type: "INTEGER", sql: (name) => `${name}::BIGINT` };
  }
  const isMicroseconds = unitOf(data) === "us";
  if (type === "datetime" || type === "instant") return momentEntry(type, isMicroseconds);
  return ENTRIES[type];
}

/** DuckDB counts microseconds. */
function momentEntry(type: "datetime" | "instant", isMicroseconds: boolean): Entry {
  const make = type === "datetime" ? "make_timestamp" : "make_timestamptz";
  const factor = isMicroseconds ? "" : " * 1000";
  return { type: "BIGINT", sql: (name) => `${make}(${name}${factor})` };
}

/** The dictionary of a column when SQL can spell it: no text of it may have a NUL. */
function codeTexts(data: ColumnData): readonly string[] | undefined {
  const texts = dictionaryOf(data)?.cache;
  if (texts === undefined || texts.length === 0) return undefined;
  return texts.some((text) => text.includes("\0")) ? undefined : texts;
}

const ENTRIES: Readonly<Record<Exclude<ColumnType, "datetime" | "instant">, Entry>> = {
  string: { type: "VARCHAR", sql: (name) => name },
  number: { type: "DOUBLE", sql: (name) => name },
  integer: { type: "BIGINT", sql: (name) => name },
  bigint: { type: "BIGINT", sql: (name) => name },
  boolean: { type: "UTINYINT", sql: (name) => `${name}::BOOLEAN` },
  date: { type: "DATE", sql: (name) => name },
};

async function appendRows(
  connection: Connection,
  table: string,
  columns: readonly FrameColumn[],
): Promise<void> {
  const rows = columns[0]?.data.length ?? 0;
  const appender = await connection.createAppender(table);
  const types = columns.map((_, index) => appender.columnType(index));
  const fillers = columns.map(toFiller);
  for (let start = 0; start < rows; start += CHUNK_ROWS) {
    const chunk = await newChunk(types, Math.min(CHUNK_ROWS, rows - start));
    for (const [index, fill] of fillers.entries()) {
      fill(chunk.getColumnVector(index), start, chunk.rowCount);
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

type Filler = (vector: DuckdbVector, start: number, count: number) => void;

/** How a chunk's vector gets a column's rows: in one copy where the items are laid out alike. */
function toFiller({ type, data }: FrameColumn): Filler {
  const { values } = batchOf(data);
  const isAlike = type === "string" ? codeTexts(data) !== undefined : type !== "boolean";
  const setItem = isAlike ? setMissing : setValue;
  const isCopied = isAlike && data.nullCount === 0;
  return (vector, start, count) => {
    if (isAlike) copyItems(itemsOf(vector), 0, values.subarray(start, start + count));
    for (let row = 0; row < count && !isCopied; row++) setItem(vector, row, data.at(start + row));
    vector.flush();
  };
}

function setMissing(vector: DuckdbVector, row: number, value: Value): void {
  if (value === null) vector.setItem(row, null);
}

function setValue(vector: DuckdbVector, row: number, value: Value): void {
  const isText = value === null || typeof value === "string";
  vector.setItem(row, isText ? value : Number(value));
}

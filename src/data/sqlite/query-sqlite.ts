import { statSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import LibSql, { type Database } from "libsql";
import { expectation, type HexError, toMessage } from "../../errors.ts";
import { type AnyFrame, toFrameOf } from "../../frame/frame.ts";
import { frameFromRows } from "../../frame/rows.ts";
import type { Schema, SchemaSpec } from "../../frame/schema.ts";
import { toFrame } from "../../frame/to-frame.ts";
import { SqliteColumn } from "./sqlite-column.ts";
import type { ReadSqliteOptions, SqliteParameter } from "./sqlite-options.ts";

interface SqliteQuery {
  readonly sql: string;
  readonly parameters: readonly SqliteParameter[];
  readonly options: ReadSqliteOptions;
}

/** After so many rows the signal is looked at, and everybody else has a turn. */
const ROWS_AT_ONCE = 2_000;

/** As `readSqlite`, whose doc comment says what it does. */
export async function querySqlite(path: URL | string, query: SqliteQuery): Promise<AnyFrame> {
  query.options.signal?.throwIfAborted();
  const database = openReadOnly(typeof path === "string" ? resolve(path) : fileURLToPath(path));
  try {
    return await readRows(database, query);
  } finally {
    database.close();
  }
}

function openReadOnly(path: string): Database {
  try {
    if (!statSync(path).isFile()) throw new Error("it is a folder");
    // The binding has no other way to be kept from writing, or from making a file.
    const database = new LibSql(`${pathToFileURL(path).href}?mode=ro`);
    database.prepare("SELECT count(*) FROM sqlite_master").all();
    return database;
  } catch (cause) {
    throw expectation(
      "HEX_DATA_INVALID",
      { place: path, expected: "a SQLite database that can be read", got: toMessage(cause) },
      { cause },
    );
  }
}

async function readRows(database: Database, query: SqliteQuery): Promise<AnyFrame> {
  const { sql, parameters, options } = query;
  const { schema, signal } = options;
  const names = namesOf(database, sql);
  checkNames(names, schema);
  const values = toParameters(database, sql, parameters);
  const columns = names.map((name) => {
    const wanted = schema !== undefined && Object.hasOwn(schema, name) ? schema[name] : undefined;
    return new SqliteColumn({ name, wanted, isBlobHex: options.binary === "hex" });
  });
  let rows = 0;
  for (const row of iterate(database, withNulChecks(sql, names.length), values)) {
    for (const [index, column] of columns.entries()) {
      column.add(row[index], Number(row[names.length + index] ?? 0) > 0);
    }
    if (++rows % ROWS_AT_ONCE !== 0) continue;
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
  const frame = toFrameOf(columns.map((column) => column.toColumn()));
  return schema === undefined ? frame : (toFrame(frame, schema) ?? frame);
}

/** The names of the columns. @throws {HexError} HEX_CELL_FAILED for what is no query */
function namesOf(database: Database, sql: string): string[] {
  try {
    const statement = database.prepare(sql);
    if (!statement.reader) throw new Error("a statement that gives no rows");
    // As a table of a query, which nothing but a query is, and that is one alone.
    database.prepare(withNulChecks(sql, 0));
    return statement
      .raw(true)
      .columns()
      .map(({ name }) => name);
  } catch (error) {
    throw sqlError(error);
  }
}

function sqlError(error: unknown): HexError {
  return expectation(
    "HEX_CELL_FAILED",
    {
      place: "the SQL of readSqlite",
      expected: "one query that SQLite carries out, such as SELECT",
      got: toMessage(error),
    },
    { cause: error },
  );
}

function checkNames(names: readonly string[], schema: SchemaSpec | undefined): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw expectation("HEX_FRAME_INVALID", {
      place: "the columns of the query",
      expected: "of different names",
      got: `${JSON.stringify(twice)} twice`,
      hint: "AS gives a column another name",
    });
  }
  if (schema === undefined) return;
  const texts: Schema = names.map((name) => ({ name, type: "string" }));
  toFrame(frameFromRows([], texts), schema);
}

/**
 * The same rows, and for each column whether its text has a NUL: the binding cuts texts there
 * without a word.
 */
function withNulChecks(sql: string, count: number): string {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  const checks = names.map((name) => `typeof(${name}) = 'text' AND instr(${name}, char(0)) > 0`);
  const rows = `(\n${sql.replace(/[;\s]+$/, "")}\n)`;
  if (count === 0) return `SELECT * FROM ${rows}`;
  return `WITH q(${names.join(", ")}) AS ${rows} SELECT ${[...names, ...checks].join(", ")} FROM q`;
}

/**
 * The parameters, if they are as many as the query has: the binding leaves what is missing at what it
 * was, and ignores what is too much.
 */
function toParameters(
  database: Database,
  sql: string,
  parameters: readonly SqliteParameter[],
): SqliteParameter[] {
  const program = database.prepare(`EXPLAIN ${sql}`).raw(true).all([]) as unknown[][];
  const places = program.filter(([, step]) => step === "Variable").map(([, , place]) => place);
  const count = Math.max(0, ...places.map(Number));
  if (parameters.length !== count) {
    throw expectation("HEX_CELL_FAILED", {
      place: "the parameters of the query",
      expected: count === 1 ? "1 value" : `${count} values`,
      got: String(parameters.length),
      hint: "? stands for the next of them, ?1 for the first",
    });
  }
  for (const [index, value] of parameters.entries()) checkParameter(value, index);
  return [...parameters];
}

function checkParameter(value: unknown, index: number): void {
  const isPlain = value === null || ["string", "number", "bigint"].includes(typeof value);
  if (isPlain && !String(value).includes("\0")) return;
  throw expectation("HEX_CELL_FAILED", {
    place: `the parameter ${index + 1} of the query`,
    expected: "a string without a NUL, a number, a bigint or null",
    got: value instanceof Date ? "a Date" : typeof value,
    hint: "a day or time is what the column has: a text such as 2026-01-31, or a number",
  });
}

function* iterate(
  database: Database,
  sql: string,
  values: readonly SqliteParameter[],
): Generator<readonly unknown[]> {
  try {
    const statement = database.prepare(sql).raw(true).safeIntegers(true);
    yield* statement.iterate([...values]) as Iterable<readonly unknown[]>;
  } catch (error) {
    throw sqlError(error);
  }
}

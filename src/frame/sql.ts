import { expectation, HexError, toMessage } from "../errors.ts";
import {
  type ListParameter,
  quoteName,
  runWithParameters,
  type ScalarParameter,
  withDuckdb,
} from "./duckdb/duckdb.ts";
import { readColumns } from "./duckdb/duckdb-read.ts";
import { describeTable } from "./duckdb/duckdb-types.ts";
import { createTable } from "./duckdb/duckdb-write.ts";
import { findReferences, type SqlReferences } from "./duckdb/sql-references.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import type { Value } from "./schema.ts";

export type { SqlReferences } from "./duckdb/sql-references.ts";

/** The table that a query's result is kept in while it is read. */
const RESULT = "hex result";

/**
 * Runs one SELECT over frames, which are the tables of their names.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT; HEX_CELL_FAILED, with what DuckDB
 * says, when it fails
 */
export function queryFrames(
  sql: string,
  frames: Readonly<Record<string, AnyFrame>>,
  parameters: Readonly<Record<string, Value | readonly Value[]>>,
): Promise<Frame> {
  return withDuckdb(async (connection) => {
    const references = await findReferences(connection, sql);
    const used = Object.entries(parameters).filter(([name]) =>
      references.parameters.includes(name),
    );
    try {
      for (const [name, frame] of Object.entries(frames)) {
        checkCase(name, frame);
        await createTable(connection, name, frame.columns());
      }
      await connection.run("SET lock_configuration = true");
      const create = `CREATE TEMP TABLE ${quoteName(RESULT)} AS ${withoutEnd(sql)}`;
      await runWithParameters(connection, create, Object.fromEntries(used.map(toParameter)));
      const sources = await describeTable(connection, RESULT);
      return toFrameOf(await readColumns(connection, RESULT, sources));
    } catch (cause) {
      if (cause instanceof HexError && cause.code === "HEX_CELL_FAILED") throw cause;
      throw new HexError("HEX_CELL_FAILED", explain(firstLine(cause)), { cause });
    }
  });
}

/**
 * The tables and parameters that SQL names, without running it.
 * @throws {HexError} HEX_CELL_INVALID when it is not one SELECT
 */
export function readSqlReferences(sql: string): Promise<SqlReferences> {
  return withDuckdb((connection) => findReferences(connection, sql));
}

/** SQL takes names that differ by case alone for one. */
function checkCase(table: string, { columnNames }: AnyFrame): void {
  const seen = new Map<string, string>();
  for (const name of columnNames) {
    const folded = name.toLowerCase();
    const other = seen.get(folded);
    seen.set(folded, name);
    if (other === undefined) continue;
    throw expectation("HEX_CELL_FAILED", {
      place: `the columns of table ${table}`,
      expected: "of names that differ by more than case, as SQL has them",
      got: `${JSON.stringify(other)} and ${JSON.stringify(name)}`,
      hint: "rename or select in a cell before the query",
    });
  }
}

function toParameter([name, value]: [string, Value | readonly Value[]]): [
  string,
  ScalarParameter | ListParameter,
] {
  return [name, isList(value) ? { items: value } : value];
}

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

function withoutEnd(sql: string): string {
  return sql.replace(/(?<![;\s])[;\s]+$/, "");
}

function firstLine(cause: unknown): string {
  return toMessage(cause).split("\n")[0] ?? "";
}

/** Aggregates of DuckDB that give an error where verbs and other tools give NaN. */
const OUT_OF_RANGE = /^Out of Range Error: (\w+) is out of range!/;

function explain(message: string): string {
  const [, name] = OUT_OF_RANGE.exec(message) ?? [];
  if (name === undefined) return message;
  const hint = `of numbers that are, ask for ${name.toLowerCase()}(v) FILTER (WHERE isfinite(v))`;
  return `Expected the numbers of ${name} to be finite, got NaN or an infinity, or a result beyond all numbers (${hint})`;
}

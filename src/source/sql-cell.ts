import { type CellDefinition, type Dependencies, defineCell } from "../cell/cell.ts";
import { expectation, HexError } from "../errors.ts";
import type { SqlReferences } from "../frame/duckdb/sql.ts";
import type { Frame } from "../frame/frame.ts";
import type { CellFile } from "./cell-files.ts";
import { toCellHandle } from "./cell-handle.ts";

/** Finds the tables and parameters that a query names. */
export type ReadReferences = (sql: string) => Promise<SqlReferences>;

/** Asks the engine, which is loaded only when a query changed. */
export async function readReferences(sql: string): Promise<SqlReferences> {
  const { readSqlReferences } = await import("../frame/duckdb/sql.ts");
  return readSqlReferences(sql);
}

/**
 * The cells that a query names, under the names it uses.
 * @throws {HexError} HEX_CELL_INVALID when a table or a parameter is no cell of the project
 */
export function nameReferences(
  { tables, parameters }: SqlReferences,
  file: string,
  cells: readonly CellFile[],
): Record<string, string> {
  const named: Record<string, string> = {};
  for (const name of [...tables, ...parameters]) {
    const cell = findCell(name, cells);
    if (cell === undefined) {
      throw expectation("HEX_CELL_INVALID", {
        place: `the ${tables.includes(name) ? "tables" : "parameters"} in ${file}`,
        expected: "cells of this project",
        got: JSON.stringify(name),
        hint: `the cells are ${cells.map((each) => each.name).join(", ")}`,
      });
    }
    named[name] = cell.name;
  }
  return named;
}

/** SQL does not tell upper from lower case. */
function findCell(name: string, cells: readonly CellFile[]): CellFile | undefined {
  return cells.find((cell) => cell.name.toLowerCase() === name.toLowerCase());
}

/**
 * Reads the references of a cell's query. Tables that differ in case only are one.
 * @throws {HexError} HEX_CELL_INVALID, naming the file, when it is not one SELECT
 */
export async function readCellReferences(
  sql: string,
  file: string,
  read: ReadReferences,
): Promise<SqlReferences> {
  const { tables, parameters } = await inFile(file, () => read(sql));
  const byName = new Map(tables.map((table) => [table.toLowerCase(), table]));
  return { tables: [...byName.values()], parameters };
}

/** A `.sql` file, with what is known of it. */
export interface SqlFile {
  readonly file: string;
  readonly sql: string;
  readonly references: SqlReferences;
  /** name in the query -> name of the cell */
  readonly named: Readonly<Record<string, string>>;
}

/** The definition of a query: its tables are frames, everything else it names is a parameter. */
export function toSqlCell({ file, sql, references, named }: SqlFile): CellDefinition {
  const dependencies = Object.fromEntries(
    Object.entries(named).map(([key, name]) => [key, toCellHandle(name)]),
  );
  return defineCell({
    kind: "sql",
    dependencies: dependencies as unknown as Dependencies,
    compute: (values: Readonly<Record<string, unknown>>) =>
      inFile(file, () => query(sql, references, values)),
  });
}

async function query(
  sql: string,
  { tables, parameters }: SqlReferences,
  values: Readonly<Record<string, unknown>>,
): Promise<Frame> {
  const [{ queryFrames }, { toFrame }] = await Promise.all([
    import("../frame/duckdb/sql.ts"),
    import("../frame/to-frame.ts"),
  ]);
  const frames: Record<string, Frame> = {};
  for (const name of tables) {
    const frame = toFrame(values[name]);
    if (frame === undefined) throw noTableError(name, values[name]);
    frames[name] = frame;
  }
  const named = parameters.map((name) => [name, values[name]]);
  return queryFrames(sql, frames, Object.fromEntries(named));
}

/** The engine knows only the text of a query: what it complains about gets the file's name. */
async function inFile<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
    throw new HexError(error.code, `${file}: ${error.message}`, { cause: error });
  }
}

function noTableError(name: string, value: unknown): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `table ${name} of the query`,
    expected: "a frame, rows or a danfo DataFrame",
    got: value === null ? "null" : typeof value,
    hint: `write $${name} to use it as a single value`,
  });
}

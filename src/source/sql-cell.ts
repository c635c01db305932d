import {
  type CachedOptions,
  type CellContext,
  type CellDefinition,
  type Dependencies,
  defineCell,
} from "../cell/cell.ts";
import { expectation, HexError } from "../errors.ts";
import type { SqlReferences } from "../frame/duckdb/sql-references.ts";
import type { SqlPlace } from "../frame/duckdb/sql-text.ts";
import type { Frame } from "../frame/frame.ts";
import type { CellFacts } from "./cell-facts.ts";
import type { CellFile } from "./cell-files.ts";
import { toCellHandle } from "./cell-handle.ts";
import { readSqlHeader } from "./sql-header.ts";

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
function nameReferences(
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
  const { tables, ...others } = await inFile(file, () => read(sql));
  const byName = new Map(tables.map((table) => [table.toLowerCase(), table]));
  return { ...others, tables: [...byName.values()] };
}

/**
 * The facts of a query: what it names, and what the comments at its top say.
 * @throws {HexError} HEX_CELL_INVALID with file and line
 */
export function readSqlFacts(
  sql: string,
  references: SqlReferences,
  file: string,
  cells: readonly CellFile[],
): CellFacts {
  const named = nameReferences(references, file, cells);
  const { frame, options, schema } = readSqlHeader(sql, file);
  if (frame === undefined) return { kind: "sql", named, options };
  return { kind: "cached", named, frame, options, ...(schema === undefined ? {} : { schema }) };
}

/** A `.sql` file, with what is known of it. */
export interface SqlFile {
  readonly file: string;
  readonly sql: string;
  readonly references: SqlReferences;
  readonly facts: CellFacts;
  /** absolute; paths of files are below it */
  readonly projectDirectory: string;
}

/** The definition of a query: its tables are frames, everything else it names is a parameter. */
export function toSqlCell(sqlFile: SqlFile): CellDefinition {
  const { frame, named, options, schema } = sqlFile.facts;
  const handles = Object.entries(named).map(([key, name]) => [key, toCellHandle(name)]);
  const dependencies = Object.fromEntries(handles) as unknown as Dependencies;
  const compute = (values: Values, context: CellContext) =>
    inFile(sqlFile.file, () => query(sqlFile, values, context));
  if (frame === undefined) return defineCell({ kind: "sql", dependencies, compute });
  const own = { ...options, ...(schema === undefined ? {} : { schema }) } as CachedOptions;
  return defineCell({ kind: "cached", frame, dependencies, compute, options: own });
}

type Values = Readonly<Record<string, unknown>>;

async function query(
  { sql, references, facts, projectDirectory }: SqlFile,
  values: Values,
  { signal, store, progress }: CellContext,
): Promise<Frame> {
  const [{ queryFrames }, { toFrame }] = await Promise.all([
    import("../frame/duckdb/sql.ts"),
    import("../frame/to-frame.ts"),
  ]);
  const frames: Record<string, Frame> = {};
  for (const name of references.tables) {
    const frame = toFrame(values[name]);
    if (frame === undefined) throw noTableError(name, values[name]);
    frames[name] = frame;
  }
  const parameters = Object.fromEntries(references.parameters.map((name) => [name, values[name]]));
  const isHeavy = facts.kind === "cached" || references.files !== undefined;
  return queryFrames(sql, frames, parameters, {
    place: { directory: projectDirectory, openStored: (path) => store.url(path) },
    isHeavy,
    signal,
    onProgress: isHeavy ? progress : undefined,
  });
}

/** The engine knows only the text of a query: what it complains about gets the file's name. */
async function inFile<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
    const { line, column } = placeOf(error) ?? {};
    const where = line === undefined ? file : `${file}:${line}:${column}`;
    throw new HexError(error.code, `${where}: ${error.message}`, { cause: error });
  }
}

/** Where in the query it went wrong, as a failure of the engine tells it. */
function placeOf(error: HexError): SqlPlace | undefined {
  return "place" in error ? (error.place as SqlPlace | undefined) : undefined;
}

function noTableError(name: string, value: unknown): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `table ${name} of the query`,
    expected: "a frame, rows or a danfo DataFrame",
    got: value === null ? "null" : typeof value,
    hint: `write $${name} to use it as a single value`,
  });
}

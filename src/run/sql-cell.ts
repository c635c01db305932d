import { type CellDefinition, type Dependencies, defineCell } from "../cell/cell.ts";
import { expectation, type HexError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { CellFile } from "./cell-files.ts";
import { toCellHandle } from "./cell-handle.ts";
import type { SqlReferences } from "./cell-index.ts";

/** Finds the tables and parameters that a query names. */
export type ReadReferences = (sql: string) => Promise<SqlReferences>;

/** Asks the engine, which is loaded only when a query changed. */
export async function readReferences(sql: string): Promise<SqlReferences> {
  const { readSqlReferences } = await import("../frame/sql.ts");
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

/** The definition of a query: its tables are frames, everything else it names is a parameter. */
export function toSqlCell(
  sql: string,
  references: SqlReferences,
  named: Readonly<Record<string, string>>,
): CellDefinition {
  const dependencies = Object.fromEntries(
    Object.entries(named).map(([key, name]) => [key, toCellHandle(name)]),
  );
  return defineCell({
    kind: "sql",
    dependencies: dependencies as unknown as Dependencies,
    async compute(values: Readonly<Record<string, unknown>>) {
      const [{ queryFrames }, { toFrame }] = await Promise.all([
        import("../frame/sql.ts"),
        import("../frame/to-frame.ts"),
      ]);
      const frames: Record<string, Frame> = {};
      for (const name of references.tables) {
        const frame = toFrame(values[name]);
        if (frame === undefined) throw noTableError(name, values[name]);
        frames[name] = frame;
      }
      const parameters = references.parameters.map((name) => [name, values[name]]);
      return queryFrames(sql, frames, Object.fromEntries(parameters));
    },
  });
}

function noTableError(name: string, value: unknown): HexError {
  return expectation("HEX_CELL_FAILED", {
    place: `table ${name} of the query`,
    expected: "a frame, rows or a danfo DataFrame",
    got: value === null ? "null" : typeof value,
    hint: `write $${name} to use it as a single value`,
  });
}

import { type CellDefinition, type Dependencies, defineCell } from "../cell/cell.ts";
import { expectation } from "../errors.ts";
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
      const { queryFrames } = await import("../frame/sql.ts");
      const tables = pick(values, references.tables);
      return queryFrames(sql, tables as never, pick(values, references.parameters) as never);
    },
  });
}

function pick(
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

import type { ColumnType, Schema } from "../frame/schema.ts";
import { toSchema } from "../frame/schema.ts";
import type { CellResult } from "../run/run-event.ts";
import type { CellSource } from "../source/cell-sources.ts";

/** What is known of the columns of a project's frames. */
export interface KnownColumns {
  /** of published frames, by name */
  readonly published: ReadonlyMap<string, Schema>;
  /** what the cells of the run showed */
  readonly results: readonly CellResult[];
}

/**
 * The text of the declarations of cells that are not written in TypeScript, so that others may import
 * them; undefined when there are none. It must hold no import or export of its own at the top.
 * @internal
 */
export function renderCellDeclarations(
  cells: readonly Pick<CellSource, "name" | "file" | "frame" | "kind" | "schema">[],
  known: KnownColumns,
): string | undefined {
  const foreign = cells.filter(({ file }) => /\.(py|sql)$/.test(file));
  if (foreign.length === 0) return undefined;
  const modules = foreign.flatMap((cell) => [
    `declare module ${JSON.stringify(`*/${cell.file.split("/").at(-1)}`)} {`,
    '  import type { Cell, Frame } from "hex-runtime";',
    `  const cell: Cell<${toValueType(cell, known)}>;`,
    "  export default cell;",
    "}",
  ]);
  return `${["// Written by `hex run --context logic`: cells in other languages than TypeScript.", ...modules].join("\n")}\n`;
}

function toValueType(
  { name, frame, kind, schema }: Pick<CellSource, "name" | "frame" | "kind" | "schema">,
  { published, results }: KnownColumns,
): string {
  if (typeof schema === "object") return `Frame<${toRowType(toSchema(schema))}>`;
  const output = results.find((each) => each.name === name)?.output;
  const columns =
    (frame === undefined ? undefined : published.get(frame)) ??
    (output?.kind === "frame" ? output.columns : undefined);
  if (columns !== undefined) return `Frame<${toRowType(columns)}>`;
  // A query gives a frame, and so does what is published; a script gives anything.
  return kind === "cell" ? "unknown" : "Frame";
}

/** The type of a row of these columns. */
export function toRowType(columns: Schema): string {
  const members = columns.map(
    ({ name, type }) => `readonly ${JSON.stringify(name)}: ${VALUE_TYPES[type]} | null`,
  );
  return `{ ${members.join("; ")} }`;
}

/** The TypeScript type of each column type's values. */
export const VALUE_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  bigint: "bigint",
  boolean: "boolean",
  date: "string",
  datetime: "string",
  instant: "Date",
};

import { ColumnTable } from "arquero";
import { expectation, type HexError } from "../../errors.ts";
import type { ColumnData, FrameColumn } from "../column/column-data.ts";
import { takeRows } from "../column/column-take.ts";
import { checkColumnNames, type Schema } from "../schema.ts";

/**
 * Content of a frame: its schema, and an Arquero table that keeps which rows are in and in
 * what order. Inside that table the columns are named c0, c1… by their place in the schema, so
 * that no name an author gives reaches generated code or a prototype.
 */
export interface View {
  readonly schema: Schema;
  readonly table: ColumnTable;
  /** told the name of every column that somebody reads through this view */
  readonly watch?: ColumnWatch | undefined;
}

/** Told which columns are read, some of them more than once. */
export type ColumnWatch = (column: string) => void;

/** A column as an Arquero table takes it. */
type TableColumn = Omit<ColumnData, "toArray">;

/** A view of all rows of the given columns; with `like`, of the rows and in the order of that. */
export function toView(columns: readonly FrameColumn[], like?: ColumnTable): View {
  const schema = columns.map(({ name, type }) => Object.freeze({ name, type }));
  if (schema.length === 0) throw noColumns();
  checkColumnNames(schema, "HEX_FRAME_INVALID");
  const entries = columns.map(({ data }, index) => [innerName(index), data] as const);
  const data: Record<string, TableColumn> = Object.fromEntries(entries);
  const names = columns.map((_, index) => innerName(index));
  const table = like === undefined ? new ColumnTable(data, names) : like.create({ data, names });
  return { schema: Object.freeze(schema), table };
}

/** The name that the column at a place of the schema has inside the table. */
function innerName(index: number): string {
  return `c${index}`;
}

/** The columns as they lie in memory, with the rows that a filter left out. */
export function rawColumns({ schema, table }: View): FrameColumn[] {
  return schema.map(({ name, type }, index) => ({ name, type, data: rawData(table, index) }));
}

/** The columns with the view's rows only, in the view's order. */
export function arrangedColumns(view: View): FrameColumn[] {
  const columns = rawColumns(view);
  if (view.watch) for (const { name } of columns) view.watch(name);
  if (!view.table.isFiltered() && !view.table.isOrdered()) return columns;
  return takeColumns(columns, view.table.indices());
}

/** The given rows of every column. */
export function takeColumns(
  columns: readonly FrameColumn[],
  rows: Parameters<typeof takeRows>[2],
): FrameColumn[] {
  return columns.map(({ name, type, data }) => ({ name, type, data: takeRows(type, data, rows) }));
}

/** The place of a column in the schema. */
export function columnIndex(schema: Schema, name: string): number {
  const index = schema.findIndex((column) => column.name === name);
  if (index >= 0) return index;
  throw expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)}`,
    expected: `one of the frame's columns ${schema.map((column) => column.name).join(", ")}`,
    got: "a name that is not there",
  });
}

/** A column of a view by name. */
export function findColumn(view: View, name: string): FrameColumn {
  const index = columnIndex(view.schema, name);
  view.watch?.(name);
  const column = rawColumns(view)[index];
  if (column === undefined) throw new Error("A schema has as many entries as the table columns");
  return column;
}

function rawData(table: ColumnTable, index: number): ColumnData {
  // Every table of a view is made by `toView`, from such columns.
  const column: unknown = table.column(innerName(index));
  return column as ColumnData;
}

function noColumns(): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: "a frame",
    expected: "of at least one column",
    got: "none",
  });
}

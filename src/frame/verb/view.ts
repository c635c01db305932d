import { expectation, type HexError } from "../../errors.ts";
import type { ColumnData, FrameColumn } from "../column/column-data.ts";
import { type RowNumbers, takeRows } from "../column/column-take.ts";
import { checkColumnNames, type Schema } from "../schema.ts";

/** Content of a frame: columns, and which of their rows are in, in what order. */
export interface View {
  readonly schema: Schema;
  /** the columns in the order of the schema, with the rows that a filter left out */
  readonly data: readonly ColumnData[];
  readonly totalRows: number;
  /** the rows that are in; undefined: all, as they lie in memory */
  readonly rows: Uint32Array | undefined;
  /** told the name of every column that somebody reads through this view */
  readonly watch?: ColumnWatch | undefined;
}

/** Told which columns are read, some of them more than once. */
export type ColumnWatch = (column: string) => void;

/** A view of all rows of the given columns; with `like`, of the rows and in the order of that. */
export function toView(columns: readonly FrameColumn[], like?: View): View {
  const schema = columns.map(({ name, type }) => Object.freeze({ name, type }));
  const [first] = columns;
  if (first === undefined) throw noColumns();
  checkColumnNames(schema, "HEX_FRAME_INVALID");
  return {
    schema: Object.freeze(schema),
    data: columns.map(({ data }) => data),
    totalRows: first.data.length,
    rows: like?.rows,
  };
}

/** How many rows are in. */
export function countRows({ rows, totalRows }: View): number {
  return rows?.length ?? totalRows;
}

/** The columns as they lie in memory, with the rows that a filter left out. */
export function rawColumns({ schema, data }: View): FrameColumn[] {
  return data.map((column, index) => toColumn(schema, column, index));
}

function toColumn(schema: Schema, data: ColumnData, index: number): FrameColumn {
  const column = schema[index];
  if (column === undefined) throw new Error("A schema has as many entries as a view has columns");
  return { name: column.name, type: column.type, data };
}

/** The columns with the view's rows only, in the view's order. */
export function arrangedColumns(view: View): FrameColumn[] {
  const columns = rawColumns(view);
  if (view.watch) for (const { name } of columns) view.watch(name);
  return view.rows === undefined ? columns : takeColumns(columns, view.rows);
}

/** The given rows of every column. */
export function takeColumns(columns: readonly FrameColumn[], rows: RowNumbers): FrameColumn[] {
  const [first] = columns;
  if (first !== undefined && isInOrder(rows, first.data.length)) return [...columns];
  return columns.map(({ name, type, data }) => ({ name, type, data: takeRows(type, data, rows) }));
}

/** Whether rows are all there are, as they lie in memory: those of a join in which each has one match. */
function isInOrder(rows: RowNumbers, length: number): boolean {
  return rows.length === length && rows.every((row, at) => row === at);
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
  const data = view.data[index];
  if (data === undefined) throw new Error("A view has as many columns as its schema has entries");
  return toColumn(view.schema, data, index);
}

function noColumns(): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: "a frame",
    expected: "of at least one column",
    got: "none",
  });
}

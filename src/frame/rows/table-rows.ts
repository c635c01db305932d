import type { FrameColumn } from "../column/column-data.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import { takeColumns } from "../verb/view.ts";
import { type RowFilter, type RowTest, toRowTest, unknownColumn } from "./row-filter.ts";
import { sortRows } from "./sort-rows.ts";

/** The order that a reader of a table asks for. */
export interface RowSort {
  readonly column: string;
  readonly descending: boolean;
}

/** Which rows of a table are wanted, and in what order. */
export interface RowsQuery {
  readonly sort?: RowSort | undefined;
  /** all of them hold */
  readonly filters?: readonly RowFilter[] | undefined;
}

/** Rows of a table that pass all filters, in order; values are copied only of rows that are taken. */
export interface TableRows {
  readonly numRows: number;
  /** The rows from `start` up to `end`, or to the last one. */
  slice(start: number, end: number): Frame;
}

/**
 * The rows of a frame that pass all filters, in the order that is asked for. Equal rows keep their
 * order. NaN is a number above all others, missing values stand last in either direction.
 * @throws {HexError} HEX_INPUT_INVALID on a column that is not there, and on a value that its
 * column cannot have
 */
export function toTableRows(frame: Frame, { sort, filters = [] }: RowsQuery): TableRows {
  if (sort === undefined && filters.length === 0) {
    return { numRows: frame.numRows, slice: (start, end) => frame.slice(start, end) };
  }
  const { columns, totalRows, rows } = frame.unarranged();
  const tests = filters.map((filter) => toRowTest(columnOf(columns, filter.column), filter));
  const sorted = sort && columnOf(columns, sort.column);
  let found = rows ?? firstRows(totalRows);
  for (const test of tests) found = keepRows(found, test);
  if (sort && sorted) {
    found = sortRows(sorted, found, { isDescending: sort.descending, foldsCase: true });
  }
  return {
    numRows: found.length,
    slice: (start, end) => toFrameOf(takeColumns(columns, found.subarray(start, end))),
  };
}

function columnOf(columns: readonly FrameColumn[], name: string): FrameColumn {
  const column = columns.find((each) => each.name === name);
  if (column !== undefined) return column;
  throw unknownColumn(name, columns);
}

function firstRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

function keepRows(rows: Uint32Array, test: RowTest): Uint32Array {
  const kept = new Uint32Array(rows.length);
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    if (test(row)) kept[count++] = row;
  }
  // Not a view of the longer one, which would stay in memory with it.
  return kept.slice(0, count);
}

import { batchOf, type FrameColumn, halvesOf } from "../column/column-data.ts";
import { missingTest, numbersOf } from "../column/column-value.ts";
import type { RowGroups } from "./group-rows.ts";

/** The rows of a view where a column has a value, with the groups that they belong to. */
export interface PresentRows {
  /** undefined: all rows, as they lie in memory */
  readonly rows: Uint32Array | undefined;
  readonly of: Int32Array;
  readonly count: number;
}

/** The groups without the rows where a column is missing. */
export function presentRows({ data }: FrameColumn, groups: RowGroups): PresentRows {
  if (data.nullCount === 0) return groups;
  const isMissing = missingTest(data);
  const rows = new Uint32Array(groups.of.length);
  const of = new Int32Array(groups.of.length);
  let length = 0;
  for (let at = 0; at < of.length; at++) {
    const row = groups.rows === undefined ? at : (groups.rows[at] as number);
    if (isMissing(row)) continue;
    rows[length] = row;
    of[length++] = groups.of[at] as number;
  }
  return { rows: rows.subarray(0, length), of: of.subarray(0, length), count: groups.count };
}

/** The numbers of a column in the rows; they may be the column's own, and so are not to be changed. */
export function presentNumbers(column: FrameColumn, { rows, of }: PresentRows): Float64Array {
  const { values } = batchOf(column.data);
  if (column.type === "boolean") return gather(numbersOf(column) ?? Number, rows, of.length);
  if (values instanceof Float64Array) {
    if (rows === undefined) return values;
    return gather((row) => values[row] as number, rows, of.length);
  }
  if (values instanceof Int32Array) return gather((row) => values[row] as number, rows, of.length);
  const halves = halvesOf(values);
  const wide = (row: number) =>
    (halves[2 * row + 1] as number) * 4_294_967_296 + ((halves[2 * row] as number) >>> 0);
  return gather(wide, rows, of.length);
}

/** What a reader gives for each of the rows. */
export function gather(
  read: (row: number) => number,
  rows: Uint32Array | undefined,
  length: number,
): Float64Array {
  const numbers = new Float64Array(length);
  if (rows === undefined) for (let at = 0; at < length; at++) numbers[at] = read(at);
  else for (let at = 0; at < length; at++) numbers[at] = read(rows[at] as number);
  return numbers;
}

import { batchOf, type ColumnData, type FrameColumn, halvesOf, unitOf } from "./column-data.ts";

/** Gives something of a row of a column, where it is not missing. */
export type ReadRow<Item> = (row: number) => Item;

/** Whether a row of a column is missing. */
export function missingTest(data: ColumnData): ReadRow<boolean> {
  const batch = batchOf(data);
  return data.nullCount === 0 ? () => false : (row) => !batch.isValid(row);
}

/**
 * The number by which the rows of a column are ordered: days for a date, milliseconds for a datetime
 * or an instant, 0 and 1 for a boolean. For texts, and for bigints and times in microseconds, which
 * numbers cannot tell apart, there is none.
 */
export function numbersOf({ type, data }: FrameColumn): ReadRow<number> | undefined {
  if (type === "string" || type === "bigint" || unitOf(data) === "us") return undefined;
  const { values } = batchOf(data);
  if (type === "boolean") return (row) => (Number(values[row >> 3]) >> (row & 7)) & 1;
  if (values instanceof Float64Array) return (row) => values[row] ?? 0;
  if (values instanceof Int32Array) return (row) => values[row] ?? 0;
  // No bigint is made per value; all that such columns hold is exact as a number.
  const halves = halvesOf(values);
  return (row) => (halves[2 * row + 1] ?? 0) * 4_294_967_296 + ((halves[2 * row] ?? 0) >>> 0);
}

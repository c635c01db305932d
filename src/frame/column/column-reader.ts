import type { Value } from "../schema.ts";
import { utcText } from "./calendar.ts";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  halvesOf,
  hasDirectValues,
  unitOf,
} from "./column-data.ts";

import { microsOf, msOf } from "./moment.ts";

/** Gives something of a row of a column, where it is not missing. */
export type ReadRow<Item> = (row: number) => Item;

/**
 * The values of a column by row, null where missing, as `at` gives them: for the kinds of columns
 * that are read most, without what `at` goes through on its way.
 */
export function toReader(data: ColumnData): ReadRow<Value> {
  const batch = batchOf(data);
  const coded = dictionaryOf(data);
  if (coded !== undefined) {
    const { values, cache } = coded;
    const text = (row: number) => cache[values[row] as number] ?? null;
    return data.nullCount === 0 ? text : (row) => (batch.isValid(row) ? text(row) : null);
  }
  const { values } = batch;
  if (data.nullCount === 0 && hasDirectValues(batch)) {
    if (values instanceof Float64Array) return (row) => values[row] ?? null;
    if (values instanceof Int32Array) return (row) => values[row] ?? null;
  }
  return (row) => data.at(row) ?? null;
}

/** The ISO texts of a column of instants, where they are not missing; no Date is made. */
export function instantTexts(data: ColumnData): ReadRow<string> {
  const halves = halvesOf(batchOf(data).values);
  const lowAt = (row: number) => halves[2 * row] ?? 0;
  const highAt = (row: number) => halves[2 * row + 1] ?? 0;
  if (unitOf(data) === "ms") {
    return (row) => utcText(highAt(row) * 4_294_967_296 + (lowAt(row) >>> 0));
  }
  return (row) => {
    const [low, high] = [lowAt(row), highAt(row)];
    return utcText(msOf(low, high), microsOf(low, high));
  };
}

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

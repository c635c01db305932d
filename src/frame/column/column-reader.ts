import type { Value } from "../schema.ts";
import { instantText } from "./calendar.ts";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  halvesOf,
  hasDirectValues,
  unitOf,
} from "./column-data.ts";
import type { ReadRow } from "./column-numbers.ts";
import { microsOf, msOf } from "./moment.ts";

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
    return (row) => instantText(highAt(row) * 4_294_967_296 + (lowAt(row) >>> 0));
  }
  return (row) => {
    const [low, high] = [lowAt(row), highAt(row)];
    return instantText(msOf(low, high), microsOf(low, high));
  };
}

import type { Value } from "../schema.ts";
import { batchOf, type ColumnData, dictionaryOf, hasDirectValues } from "./column-data.ts";
import type { ReadRow } from "./column-numbers.ts";

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

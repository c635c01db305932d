import type { FrameColumn } from "../column/column-data.ts";
import { missingTest } from "../column/column-value.ts";
import { radixSort, type SortWords } from "./radix-sort.ts";
import { sortWords } from "./sort-words.ts";

export interface SortOptions {
  readonly isDescending: boolean;
  /** whether texts are ordered as if all letters were small, unless nothing else tells them apart */
  readonly foldsCase?: boolean;
}

/**
 * Rows of a column in the order of its values; equal ones keep their order. NaN is one number above
 * all others; missing ones stand last in either direction.
 */
export function sortRows(
  column: FrameColumn,
  rows: Uint32Array,
  { isDescending, foldsCase = false }: SortOptions,
): Uint32Array {
  const { ordered, present } = missingLast(column, rows);
  const words = sortWords(column, foldsCase);
  radixSort(ordered.subarray(0, present), isDescending ? words.map(inverted) : words);
  return ordered;
}

function inverted({ read, hasEnded }: SortWords): SortWords {
  return { read: (row, index) => ~read(row, index) >>> 0, hasEnded };
}

/** The rows where a column has a value, and then the others. */
function missingLast({ data }: FrameColumn, rows: Uint32Array) {
  if (data.nullCount === 0) return { ordered: rows.slice(), present: rows.length };
  const isMissing = missingTest(data);
  const ordered = new Uint32Array(rows.length);
  let present = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    if (!isMissing(row)) ordered[present++] = row;
  }
  let last = present;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    if (isMissing(row)) ordered[last++] = row;
  }
  return { ordered, present };
}

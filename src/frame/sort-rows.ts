import { batchOf, dictionaryOf, type FrameColumn, readText } from "./column/column-data.ts";
import { missingTest, numbersOf } from "./column/column-numbers.ts";
import { radixSort, type SortKeys } from "./radix-sort.ts";
import { foldCase } from "./row-test.ts";
import { sortTexts } from "./sort-texts.ts";

/**
 * Rows of a column in the order of its values; equal ones keep their order. NaN stands last, and
 * missing ones after it, in either direction.
 */
export function sortRows(
  column: FrameColumn,
  rows: Uint32Array,
  isDescending: boolean,
): Uint32Array {
  const isMissing = missingTest(column.data);
  const read = numbersOf(column);
  const isLast = read && ((row: number) => Number.isNaN(read(row)));
  const { first, rest } = split(rows, (row) => !isMissing(row));
  const { first: ordinary, rest: last } = isLast
    ? split(first, (row) => !isLast(row))
    : { first, rest: [] };
  const sorted = sortPresent(column, ordinary, isDescending);
  const ordered = new Uint32Array(rows.length);
  ordered.set(sorted);
  ordered.set(last, sorted.length);
  ordered.set(rest, sorted.length + last.length);
  return ordered;
}

function sortPresent(column: FrameColumn, rows: Uint32Array, isDescending: boolean): Uint32Array {
  const { type, data } = column;
  const coded = type === "string" ? dictionaryOf(data) : undefined;
  if (type === "string" && coded === undefined) {
    return sortTexts(rows, (row) => readText(data, row), isDescending);
  }
  const keys = coded ? rankKeys(coded, rows) : numberKeys(column, rows);
  if (isDescending) invert(keys);
  return radixSort(rows, keys);
}

interface Coded {
  readonly values: { readonly [row: number]: number | bigint };
  readonly cache: readonly string[];
}

/** The places of the dictionary's texts in their order; two that differ by case alone differ. */
function rankKeys({ values, cache }: Coded, rows: Uint32Array): SortKeys {
  const codes = cache.map((text, code) => ({ text, folded: foldCase(text), code }));
  codes.sort((a, b) => compare(a.folded, b.folded) || compare(a.text, b.text));
  const ranks = new Uint32Array(cache.length);
  for (const [rank, { code }] of codes.entries()) ranks[code] = rank;
  return { low: rows.map((row) => ranks[Number(values[row])] ?? 0) };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function numberKeys(column: FrameColumn, rows: Uint32Array): SortKeys {
  const { values } = batchOf(column.data);
  const read = numbersOf(column);
  if (values instanceof Int32Array) {
    return { low: rows.map((row) => (values[row] ?? 0) ^ 0x8000_0000) };
  }
  if (read === undefined) return bigintKeys(values, rows);
  if (column.type === "boolean") return { low: rows.map(read) };
  return floatKeys(rows, read);
}

/** Bits of numbers that are in the order of the numbers: the sign turned, of negative ones all. */
function floatKeys(rows: Uint32Array, read: (row: number) => number): SortKeys {
  const low = new Uint32Array(rows.length);
  const high = new Uint32Array(rows.length);
  const number = new Float64Array(1);
  const bits = new Uint32Array(number.buffer);
  for (let at = 0; at < rows.length; at++) {
    // Both zeros are one.
    number[0] = read(rows[at] ?? 0) + 0;
    const upper = bits[1] ?? 0;
    const isNegative = upper >>> 31 === 1;
    low[at] = isNegative ? ~(bits[0] ?? 0) : (bits[0] ?? 0);
    high[at] = isNegative ? ~upper : upper ^ 0x8000_0000;
  }
  return { low, high };
}

function bigintKeys(
  { buffer, byteOffset, length }: ArrayBufferView & { readonly length: number },
  rows: Uint32Array,
): SortKeys {
  const halves = new Uint32Array(buffer, byteOffset, length * 2);
  return {
    low: rows.map((row) => halves[2 * row] ?? 0),
    high: rows.map((row) => (halves[2 * row + 1] ?? 0) ^ 0x8000_0000),
  };
}

function invert({ low, high }: SortKeys): void {
  for (const keys of high ? [low, high] : [low]) {
    for (let at = 0; at < keys.length; at++) keys[at] = ~(keys[at] ?? 0);
  }
}

function split(rows: Uint32Array, test: (row: number) => boolean) {
  const first = new Uint32Array(rows.length);
  const rest: number[] = [];
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    if (test(row)) first[count++] = row;
    else rest.push(row);
  }
  return { first: first.subarray(0, count), rest };
}

import { batchOf, dictionaryOf, type FrameColumn, readText } from "../column/column-data.ts";
import { missingTest, numbersOf } from "../column/column-value.ts";

import { radixSort, type SortKeys } from "./radix-sort.ts";
import { compareTexts, foldCase, unitOrder } from "./text-order.ts";

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
  options: SortOptions,
): Uint32Array {
  const isMissing = missingTest(column.data);
  const { present, missing } = splitMissing(rows, isMissing);
  const ordered = new Uint32Array(rows.length);
  ordered.set(sortPresent(column, present, options));
  ordered.set(missing, present.length);
  return ordered;
}

function sortPresent(
  column: FrameColumn,
  rows: Uint32Array,
  { isDescending, foldsCase = false }: SortOptions,
): Uint32Array {
  const { type, data } = column;
  const coded = type === "string" ? dictionaryOf(data) : undefined;
  const fold = foldsCase ? foldCase : (text: string) => text;
  if (type === "string" && coded === undefined) {
    return sortTexts(rows, { read: (row) => readText(data, row), fold, isDescending });
  }
  const keys = coded ? rankKeys(coded, rows, fold) : numberKeys(column, rows);
  if (isDescending) invert(keys);
  return radixSort(rows, keys);
}

interface Coded {
  readonly values: { readonly [row: number]: number | bigint };
  readonly cache: readonly string[];
}

/** The places of the dictionary's texts in their order; two that differ by case alone differ. */
function rankKeys(
  { values, cache }: Coded,
  rows: Uint32Array,
  fold: (text: string) => string,
): SortKeys {
  const codes = cache.map((text, code) => ({ text, folded: fold(text), code }));
  codes.sort((a, b) => compareTexts(a.folded, b.folded) || compareTexts(a.text, b.text));
  const ranks = new Uint32Array(cache.length);
  for (const [rank, { code }] of codes.entries()) ranks[code] = rank;
  return { low: rows.map((row) => ranks[Number(values[row])] ?? 0) };
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
    // Both zeros are one, and so are all NaN, which may have a sign.
    const value = read(rows[at] ?? 0) + 0;
    number[0] = Number.isNaN(value) ? Number.NaN : value;
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

function splitMissing(rows: Uint32Array, isMissing: (row: number) => boolean) {
  const present = new Uint32Array(rows.length);
  const missing: number[] = [];
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    if (isMissing(row)) missing.push(row);
    else present[count++] = row;
  }
  return { present: present.subarray(0, count), missing };
}

/** A text to be sorted, as it is and as it is compared. */
interface Sorted {
  readonly text: string;
  readonly folded: string;
}

/** Characters that JavaScript's own order has elsewhere than that of `compareTexts`. */
const HIGH = /[\ud800-\uffff]/;

interface TextSort {
  readonly read: (row: number) => string;
  /** what is compared first of a text; two texts that it makes the same are compared as they are */
  readonly fold: (text: string) => string;
  readonly isDescending: boolean;
}

/**
 * Rows in the order of many different texts: first by four characters of each, after the beginning
 * that all share; then those that are still equal are compared.
 */
function sortTexts(rows: Uint32Array, { read, fold, isDescending }: TextSort): Uint32Array {
  const texts: Sorted[] = new Array(rows.length);
  let isPlain = true;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const text = read(row);
    isPlain &&= !HIGH.test(text);
    texts[at] = { text, folded: fold(text) };
  }
  const skipped = commonLength(texts);
  const keys = textKeys(texts, skipped);
  if (isDescending) invert(keys);
  const places = radixSort(Uint32Array.from(texts.keys()), keys);
  sortEquals(places, texts, keys, { isDescending, compare: isPlain ? compareUnits : compareTexts });
  return places.map((place) => rows[place] ?? 0);
}

/** How many characters are the same at the beginning of all texts. */
function commonLength(texts: readonly Sorted[]): number {
  const [first] = texts;
  if (first === undefined) return 0;
  let length = first.folded.length;
  for (const { folded } of texts) {
    let same = 0;
    while (same < length && folded.charCodeAt(same) === first.folded.charCodeAt(same)) same++;
    length = same;
    if (length === 0) break;
  }
  return length;
}

function textKeys(texts: readonly Sorted[], skipped: number): Required<SortKeys> {
  const low = new Uint32Array(texts.length);
  const high = new Uint32Array(texts.length);
  for (const [at, { folded }] of texts.entries()) {
    high[at] = (unit(folded, skipped) << 16) | unit(folded, skipped + 1);
    low[at] = (unit(folded, skipped + 2) << 16) | unit(folded, skipped + 3);
  }
  return { low, high };
}

/** A character's code, the end of a text before all of them. */
function unit(text: string, at: number): number {
  return at < text.length ? unitOrder(text.charCodeAt(at)) : 0;
}

interface EqualsSort {
  readonly isDescending: boolean;
  readonly compare: (one: string, other: string) => number;
}

function sortEquals(
  places: Uint32Array,
  texts: readonly Sorted[],
  { low, high }: SortKeys,
  { isDescending, compare }: EqualsSort,
): void {
  const direction = isDescending ? -1 : 1;
  const compareBoth = (one?: Sorted, other?: Sorted) =>
    one === undefined || other === undefined
      ? 0
      : compare(one.folded, other.folded) || compare(one.text, other.text);
  const order = (a: number, b: number) => direction * compareBoth(texts[a], texts[b]) || a - b;
  const isSame = (a = 0, b = 0) => low[a] === low[b] && high?.[a] === high?.[b];
  for (let start = 0; start < places.length; ) {
    let end = start + 1;
    while (end < places.length && isSame(places[start], places[end])) end++;
    if (end - start > 1) places.subarray(start, end).sort(order);
    start = end;
  }
}

/** As `compareTexts`, for texts of which none has characters that are ordered otherwise. */
function compareUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

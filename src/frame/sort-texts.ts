import { radixSort } from "./radix-sort.ts";
import { foldCase } from "./row-test.ts";

/** A text to be sorted, as it is and as it is compared. */
interface Sorted {
  readonly text: string;
  readonly folded: string;
}

/**
 * Rows in the order of many different texts, without regard to case unless nothing else tells them
 * apart. First by four characters of each, behind what all begin with; then those that are still
 * equal are compared.
 */
export function sortTexts(
  rows: Uint32Array,
  read: (row: number) => string,
  isDescending: boolean,
): Uint32Array {
  const texts: Sorted[] = new Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const text = read(row);
    texts[at] = { text, folded: foldCase(text) };
  }
  const skipped = commonLength(texts);
  const keys = toKeys(texts, skipped);
  if (isDescending) {
    for (let at = 0; at < rows.length; at++) {
      keys.high[at] = ~(keys.high[at] ?? 0);
      keys.low[at] = ~(keys.low[at] ?? 0);
    }
  }
  const places = radixSort(Uint32Array.from(texts.keys()), keys);
  sortEquals(places, texts, keys, isDescending);
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

interface TextKeys {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

function toKeys(texts: readonly Sorted[], skipped: number): TextKeys {
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
  return at < text.length ? text.charCodeAt(at) : 0;
}

function sortEquals(
  places: Uint32Array,
  texts: readonly Sorted[],
  { low, high }: TextKeys,
  isDescending: boolean,
): void {
  const direction = isDescending ? -1 : 1;
  const order = (a: number, b: number) => direction * compare(texts[a], texts[b]) || a - b;
  const isSame = (a = 0, b = 0) => low[a] === low[b] && high[a] === high[b];
  for (let start = 0; start < places.length; ) {
    let end = start + 1;
    while (end < places.length && isSame(places[start], places[end])) end++;
    if (end - start > 1) places.subarray(start, end).sort(order);
    start = end;
  }
}

function compare(left: Sorted | undefined, right: Sorted | undefined): number {
  if (left === undefined || right === undefined) return 0;
  if (left.folded !== right.folded) return left.folded < right.folded ? -1 : 1;
  return left.text < right.text ? -1 : left.text > right.text ? 1 : 0;
}

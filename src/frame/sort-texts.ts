import { radixSort } from "./radix-sort.ts";
import { compareTexts, unitOrder } from "./text-order.ts";

/** A text to be sorted, as it is and as it is compared. */
interface Sorted {
  readonly text: string;
  readonly folded: string;
}

/** Characters that JavaScript's own order has elsewhere than that of `compareTexts`. */
const HIGH = /[\ud800-\uffff]/;

/** Which texts are sorted, and how. */
export interface TextSort {
  readonly read: (row: number) => string;
  /** gives what is compared first; two texts of which it gives the same are compared as they are */
  readonly fold: (text: string) => string;
  readonly isDescending: boolean;
}

/**
 * Rows in the order of many different texts. First by four characters of each, behind what all begin with; then those that are still
 * equal are compared.
 */
export function sortTexts(rows: Uint32Array, { read, fold, isDescending }: TextSort): Uint32Array {
  const texts: Sorted[] = new Array(rows.length);
  let isPlain = true;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const text = read(row);
    isPlain &&= !HIGH.test(text);
    texts[at] = { text, folded: fold(text) };
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
  return at < text.length ? unitOrder(text.charCodeAt(at)) : 0;
}

interface EqualsSort {
  readonly isDescending: boolean;
  readonly compare: (one: string, other: string) => number;
}

function sortEquals(
  places: Uint32Array,
  texts: readonly Sorted[],
  { low, high }: TextKeys,
  { isDescending, compare }: EqualsSort,
): void {
  const direction = isDescending ? -1 : 1;
  const compareBoth = (one?: Sorted, other?: Sorted) =>
    one === undefined || other === undefined
      ? 0
      : compare(one.folded, other.folded) || compare(one.text, other.text);
  const order = (a: number, b: number) => direction * compareBoth(texts[a], texts[b]) || a - b;
  const isSame = (a = 0, b = 0) => low[a] === low[b] && high[a] === high[b];
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

/**
 * What items are sorted by: unsigned words of 32 bits, by the first, among equals by the next. An item that
 * has ended has no more of them, and reads as if all of them were the same.
 */
export interface SortWords {
  readonly read: (item: number, index: number) => number;
  readonly hasEnded: (item: number, index: number) => boolean;
}

const DIGIT_BITS = 8;
const DIGITS = 2 ** DIGIT_BITS;
/** So few items are put in order one by one. */
const FEW = 48;

/** Sorts items in place, those that are equal in all of the words stay in their order. */
export function radixSort(items: Uint32Array, by: readonly SortWords[]): void {
  const { length } = items;
  const sort: Sort = {
    by,
    keys: new Uint32Array(length),
    spareKeys: new Uint32Array(length),
    spareItems: new Uint32Array(length),
  };
  if (length <= FEW) insert(items, by, { part: 0, index: 0 });
  else sortRun(items, sort, { part: 0, index: 0 });
}

/** What is sorted by, and memory as long as the items. */
interface Sort {
  readonly by: readonly SortWords[];
  readonly keys: Uint32Array;
  readonly spareKeys: Uint32Array;
  readonly spareItems: Uint32Array;
}

/** The word that comes next: of which part, and its place there. */
interface Place {
  readonly part: number;
  readonly index: number;
}

/** Sorts items that are equal in all words before a place. */
function sortRun(items: Uint32Array, sort: Sort, from: Place): void {
  let { part, index } = from;
  for (let words = sort.by[part]; words !== undefined; words = sort.by[part]) {
    const { read, hasEnded } = words;
    const place = index;
    if (items.every((item) => hasEnded(item, place))) {
      part++;
      index = 0;
      continue;
    }
    const { keys } = sort;
    for (let at = 0; at < items.length; at++) keys[at] = read(items[at] as number, index);
    index++;
    if (sortByKeys(items, sort)) {
      sortEquals(items, sort, { part, index });
      return;
    }
  }
}

/** Sorts the items by their keys, and the keys with them; false when all keys are the same. */
function sortByKeys(items: Uint32Array, sort: Sort): boolean {
  const { length } = items;
  let from = { items, keys: sort.keys.subarray(0, length) };
  let to = {
    items: sort.spareItems.subarray(0, length),
    keys: sort.spareKeys.subarray(0, length),
  };
  let isSorted = false;
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const starts = toStarts(from.keys, shift);
    if (starts === undefined) continue;
    isSorted = true;
    scatter(from, to, { shift, starts });
    [from, to] = [to, from];
  }
  if (from.items !== items) {
    items.set(from.items);
    sort.keys.set(from.keys);
  }
  return isSorted;
}

interface KeyedItems {
  readonly items: Uint32Array;
  readonly keys: Uint32Array;
}

interface Digit {
  readonly shift: number;
  readonly starts: Uint32Array;
}

/** Keys are moved with the items: they lie beside each other in each pass, so that memory is read in order. */
function scatter(from: KeyedItems, to: KeyedItems, { shift, starts }: Digit): void {
  const { items, keys } = from;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as number;
    const digit = (key >>> shift) & (DIGITS - 1);
    const target = starts[digit] as number;
    starts[digit] = target + 1;
    to.items[target] = items[at] as number;
    to.keys[target] = key;
  }
}

/** Where the items of each digit begin; undefined when all have the same one. */
function toStarts(keys: Uint32Array, shift: number): Uint32Array | undefined {
  const starts = new Uint32Array(DIGITS);
  for (let at = 0; at < keys.length; at++) {
    const digit = ((keys[at] as number) >>> shift) & (DIGITS - 1);
    starts[digit] = (starts[digit] as number) + 1;
  }
  let start = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = starts[digit] as number;
    if (count === keys.length) return undefined;
    starts[digit] = start;
    start += count;
  }
  return starts;
}

/** Sorts those that have the same key by what comes next. */
function sortEquals(items: Uint32Array, sort: Sort, next: Place): void {
  const { keys } = sort;
  const runs: number[] = [];
  for (let start = 0; start < items.length; ) {
    let end = start + 1;
    while (end < items.length && keys[end] === keys[start]) end++;
    // The memory of the keys is needed for these, and so they wait.
    if (end - start > FEW) runs.push(start, end);
    else if (end - start > 1) insert(items.subarray(start, end), sort.by, next);
    start = end;
  }
  for (let at = 0; at < runs.length; at += 2) {
    sortRun(items.subarray(runs[at], runs[at + 1]), sort, next);
  }
}

function insert(items: Uint32Array, by: readonly SortWords[], from: Place): void {
  for (let at = 1; at < items.length; at++) {
    const item = items[at] as number;
    let place = at;
    while (place > 0 && isBefore(item, items[place - 1] as number, by, from)) {
      items[place] = items[place - 1] as number;
      place--;
    }
    items[place] = item;
  }
}

function isBefore(one: number, other: number, by: readonly SortWords[], from: Place): boolean {
  let { index } = from;
  for (let part = from.part; part < by.length; part++, index = 0) {
    const { read, hasEnded } = by[part] as SortWords;
    for (; !(hasEnded(one, index) && hasEnded(other, index)); index++) {
      const left = read(one, index);
      const right = read(other, index);
      if (left !== right) return left < right;
    }
  }
  return false;
}

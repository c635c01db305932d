/**
 * Aggregates of numbers by group, by the arithmetic of floats: of NaN comes NaN, of infinity infinity,
 * in any order of the numbers. A group of no numbers at all has no result.
 */
import { toMembers } from "./group-rows.ts";

/** Numbers, and the group that each belongs to. */
export interface GroupedNumbers {
  /** those of a group's rows may lie anywhere in it */
  readonly numbers: Float64Array;
  /** the place of each in `numbers`; undefined: one after the other */
  readonly rows?: Uint32Array | undefined;
  readonly of: Int32Array;
  /** of groups */
  readonly count: number;
  /** whether it is known that each group has a number */
  readonly isFull?: boolean;
}

/** A result a group, where it has one. */
export interface GroupResults {
  readonly results: Float64Array;
  readonly has: (group: number) => boolean;
}

/** How many rows each group has. */
export function countGroups(of: Int32Array, count: number): Float64Array {
  const counts = new Float64Array(count);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    counts[group] = (counts[group] as number) + 1;
  }
  return counts;
}

export function sumGroups(grouped: GroupedNumbers): GroupResults {
  const { of, count, isFull } = grouped;
  if (isFull) return { results: sums(grouped), has: () => true };
  const counts = countGroups(of, count);
  return { results: sums(grouped), has: (group) => (counts[group] as number) > 0 };
}

function sums({ numbers, rows, of, count }: GroupedNumbers): Float64Array {
  const results = new Float64Array(count);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    const place = rows === undefined ? at : (rows[at] as number);
    results[group] = (results[group] as number) + (numbers[place] as number);
  }
  return results;
}

/** Sums of whole numbers; `refuse` is told of one that a number cannot hold exactly. */
export function wholeSumGroups(grouped: GroupedNumbers, refuse: () => never): GroupResults {
  const { numbers, of, count } = grouped;
  const counts = countGroups(of, count);
  const results = new Float64Array(count);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    const sum = (results[group] as number) + (numbers[at] as number);
    if (sum > Number.MAX_SAFE_INTEGER || sum < Number.MIN_SAFE_INTEGER) refuse();
    results[group] = sum;
  }
  return { results, has: (group) => (counts[group] as number) > 0 };
}

export function meanGroups(grouped: GroupedNumbers): GroupResults {
  const counts = countGroups(grouped.of, grouped.count);
  return { results: means(grouped, counts), has: (group) => (counts[group] as number) > 0 };
}

function means(grouped: GroupedNumbers, counts: Float64Array): Float64Array {
  const { numbers, rows, of } = grouped;
  const results = sums(grouped);
  const isLarge = results.some((sum) => !Number.isFinite(sum));
  // The sum of finite numbers may be too large; their mean is not.
  const parts = isLarge ? new Float64Array(grouped.count) : undefined;
  if (parts !== undefined) {
    for (let at = 0; at < of.length; at++) {
      const group = of[at] as number;
      const number = numbers[rows === undefined ? at : (rows[at] as number)] as number;
      parts[group] = (parts[group] as number) + number / (counts[group] as number);
    }
  }
  return results.map((sum, group) => {
    const count = counts[group] as number;
    return Number.isFinite(sum) ? sum / count : (parts?.[group] as number);
  });
}

/** The sample standard deviation, which a group of fewer than two numbers has not. */
export function stdevGroups(grouped: GroupedNumbers): GroupResults {
  const { numbers, of, count } = grouped;
  const counts = countGroups(of, count);
  const mean = means(grouped, counts);
  const squares = new Float64Array(count);
  for (let at = 0; at < of.length; at++) {
    const group = of[at] as number;
    const away = (numbers[at] as number) - (mean[group] as number);
    squares[group] = (squares[group] as number) + away ** 2;
  }
  return {
    results: squares.map((sum, group) => Math.sqrt(sum / ((counts[group] as number) - 1))),
    has: (group) => (counts[group] as number) > 1,
  };
}

/** Of an even number the middle between the two in the middle. */
export function medianGroups({ numbers, of, count }: GroupedNumbers): GroupResults {
  const { places, starts } = toMembers(of, count);
  const members = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) members[at] = numbers[places[at] as number] as number;
  const results = new Float64Array(count);
  for (let group = 0; group < count; group++) {
    results[group] = medianOf(members.subarray(starts[group], starts[group + 1]));
  }
  return { results, has: (group) => (starts[group + 1] as number) > (starts[group] as number) };
}

/** The numbers are put in another order. */
function medianOf(numbers: Float64Array): number {
  const middle = numbers.length >> 1;
  const upper = select(numbers, middle);
  if (numbers.length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < middle; at++) {
    if (!((numbers[at] as number) <= lower)) lower = numbers[at] as number;
  }
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}

/** Fewer numbers than this are sorted, which is as fast. */
const FEW = 32;

/** The number at a place in their order, with the lesser ones before it and the greater ones behind it. */
function select(numbers: Float64Array, place: number): number {
  // Those that are neither less nor greater, or that are told apart by their sign alone, are put in order.
  if (numbers.length < FEW || numbers.some(isOdd)) numbers.sort();
  else partition(numbers, place);
  return numbers[place] as number;
}

function isOdd(number: number): boolean {
  return number === 0 || Number.isNaN(number);
}

/** Hoare's selection: each turn leaves the part that the place lies in. */
function partition(numbers: Float64Array, place: number): void {
  let first = 0;
  let last = numbers.length - 1;
  while (last - first >= FEW) {
    const [left, right] = split(numbers, first, last);
    if (place <= right) last = right;
    else if (place >= left) first = left;
    else return;
  }
  numbers.subarray(first, last + 1).sort();
}

/** Puts the lesser of some numbers first, up to `right`, and the greater ones last, from `left` on. */
function split(numbers: Float64Array, first: number, last: number): [left: number, right: number] {
  const pivot = middleOf(numbers[first], numbers[(first + last) >> 1], numbers[last]);
  let left = first;
  let right = last;
  while (left <= right) {
    while ((numbers[left] as number) < pivot) left++;
    while ((numbers[right] as number) > pivot) right--;
    if (left > right) break;
    const moved = numbers[left] as number;
    numbers[left++] = numbers[right] as number;
    numbers[right--] = moved;
  }
  return [left, right];
}

function middleOf(one = 0, two = 0, three = 0): number {
  return Math.max(Math.min(one, two), Math.min(Math.max(one, two), three));
}

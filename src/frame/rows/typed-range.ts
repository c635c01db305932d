import { parseDatetime, parseDay, parseMicros } from "../column/moment.ts";
import { LONGEST_NUMBER, parseNumberText } from "../number-text.ts";
import type { ColumnType } from "../schema.ts";

export const FILTER_TESTS = [
  "contains",
  "equals",
  "at-least",
  "at-most",
  "missing",
  "present",
] as const;

/** The tests of a filter; texts compare without regard to case. */
export type FilterTest = (typeof FILTER_TESTS)[number];

/** The tests that compare with a value. */
export type Comparison = Exclude<FilterTest, "missing" | "present">;

export type Ordered = number | bigint;

/** The values that a typed text stands for: all numbers from the first to the last. */
export interface TypedRange<Item extends Ordered = number> {
  readonly first: Item;
  readonly last: Item;
}

/** A type whose values are moments, which are counted in microseconds. */
export type MomentType = "datetime" | "instant";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTE = /T\d{2}:\d{2}$/;
/** written finer than to the millisecond */
const FINE = /\.\d{4,}$/;
const ZONE = /(?:Z|([+-])(\d{2}):?(\d{2}))$/;
/** Numbers as tables show those that JSON lacks. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);
const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ["false", 0],
  ["true", 1],
]);

/** The rule for a text that names a value of a column, to follow "to be". */
export const TYPED_RULES: Readonly<Record<Exclude<ColumnType, "string">, string>> = {
  number: "a number",
  integer: "a number",
  bigint: "a whole number",
  boolean: "true or false",
  date: "a day YYYY-MM-DD",
  datetime: "a day YYYY-MM-DD or a time YYYY-MM-DDTHH:MM[:SS[.ssssss]]",
  instant: "a day YYYY-MM-DD or a time YYYY-MM-DDTHH:MM[:SS[.ssssss]]Z",
};

/** The numbers, as a column of the type holds them, that a typed text names; undefined for none. */
export function parseTypedRange(
  type: Exclude<ColumnType, MomentType>,
  typed: string,
): TypedRange<Ordered> | undefined {
  const text = typed.trim();
  switch (type) {
    case "number":
    case "integer":
      return alone(parseNumberText(text) ?? WORDS.get(text.toLowerCase()));
    case "boolean":
      return alone(BOOLEANS.get(text.toLowerCase()));
    case "date":
      return alone(parseDay(text));
    case "bigint": {
      const isWhole = text.length <= LONGEST_NUMBER && /^[+-]?\d+$/.test(text);
      return alone(isWhole ? BigInt(text.replace("+", "")) : undefined);
    }
    case "string":
      return undefined;
  }
}

function alone(number: Ordered | undefined): TypedRange<Ordered> | undefined {
  return number === undefined ? undefined : { first: number, last: number };
}

/** Tests whether a value lies in a range, is no less than its first or no more than its last. */
export function rangeTest<Item>(
  test: Comparison,
  read: (item: Item) => Ordered,
  { first, last }: TypedRange<Ordered>,
): (item: Item) => boolean {
  if (test === "at-least") return (item) => read(item) >= first;
  if (test === "at-most") return (item) => read(item) <= last;
  if (Number.isNaN(first)) return (item) => Number.isNaN(read(item));
  return (item) => read(item) >= first && read(item) <= last;
}

/** Compares a text with the one that is wanted, both folded. */
export function textComparison(test: Comparison, wanted: string): (folded: string) => boolean {
  switch (test) {
    case "contains":
      return (folded) => folded.includes(wanted);
    case "equals":
      return (folded) => folded === wanted;
    case "at-least":
      return (folded) => folded >= wanted;
    case "at-most":
      return (folded) => folded <= wanted;
  }
}

/**
 * The microseconds since 1970 that a typed text names: a day, a minute and a time to the millisecond
 * stand for all their moments. An instant without a zone is UTC, as tables show it.
 */
export function parseMomentRange(type: MomentType, typed: string): TypedRange<bigint> | undefined {
  const text = typed.trim();
  if (type === "datetime") return parseMoments(text, 0);
  const zone = parseDay(text) === undefined ? ZONE.exec(text) : null;
  if (zone === null) return parseMoments(text, 0);
  const minutes = zone[1] === undefined ? 0 : Number(zone[2]) * 60 + Number(zone[3]);
  const shift = (zone[1] === "-" ? 1 : -1) * minutes * MINUTE_MS;
  return parseMoments(text.slice(0, zone.index), shift);
}

function parseMoments(text: string, shiftMs: number): TypedRange<bigint> | undefined {
  const day = parseDay(text);
  if (day !== undefined) return allOf(day * DAY_MS + shiftMs, DAY_MS);
  const written = text.replace(" ", "T");
  const isMinute = MINUTE.test(written);
  const ms = parseDatetime(isMinute ? `${written}:00` : written);
  if (ms === undefined) return undefined;
  if (isMinute) return allOf(ms + shiftMs, MINUTE_MS);
  if (!FINE.test(written)) return allOf(ms + shiftMs, 1);
  const moment = microseconds(ms + shiftMs) + BigInt(parseMicros(written));
  return { first: moment, last: moment };
}

function allOf(ms: number, lengthMs: number): TypedRange<bigint> {
  return { first: microseconds(ms), last: microseconds(ms + lengthMs) - 1n };
}

function microseconds(ms: number): bigint {
  return BigInt(ms) * 1000n;
}

import { expectation, type HexError } from "../../errors.ts";
import { shorten } from "../../text.ts";
import type { ColumnType, Value } from "../schema.ts";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  halvesOf,
  hasDirectValues,
  unitOf,
} from "./column-data.ts";
import { FIRST_MS, LAST_MS, microsOf, msOf, parseDatetime, parseDay, utcText } from "./moment.ts";

const MIN_BIGINT = -(2n ** 63n);
const MAX_BIGINT = 2n ** 63n - 1n;

/** The rule for a value of each type, to follow "Expected … to be". */
const EXPECTED: Readonly<Record<ColumnType, string>> = {
  string: "a string without lone surrogates",
  number: "a number",
  integer: "a whole number within ±(2^53 − 1)",
  bigint: "a bigint of 64 bits",
  boolean: "true or false",
  date: "a calendar day YYYY-MM-DD",
  datetime: "a local date and time YYYY-MM-DDTHH:MM:SS[.ssssss]",
  instant: "a valid Date of the years 1 to 9999",
};

/** The type that holds all the given values. A column of nothing but missing values is text. */
export function inferColumnType(name: string, values: readonly unknown[]): ColumnType {
  let type: ColumnType | undefined;
  for (const [row, value] of values.entries()) {
    if (value === null || value === undefined) continue;
    const found = typeOfValue(value);
    if (found === undefined || (type !== undefined && type !== found)) {
      throw mixedError(name, row, value, type);
    }
    type = found;
  }
  if (type === "number" && values.every(isWholeOrMissing)) return "integer";
  return type ?? "string";
}

function isWholeOrMissing(value: unknown): boolean {
  return value === null || value === undefined || isWhole(value);
}

/** True when a number is kept exactly by an integer column. */
export function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** True when a value other than null belongs into a column of the type. */
export function fitsType(type: ColumnType, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string" && isWellFormed(value);
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isSafeInteger(value);
    case "bigint":
      return typeof value === "bigint" && value >= MIN_BIGINT && value <= MAX_BIGINT;
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return typeof value === "string" && parseDay(value) !== undefined;
    case "datetime":
      return typeof value === "string" && parseDatetime(value) !== undefined;
    case "instant":
      return value instanceof Date && value.getTime() >= FIRST_MS && value.getTime() <= LAST_MS;
  }
}

/** True when a text has no half of a surrogate pair, which UTF-8 cannot keep. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Says which value of a column does not belong there. Rows count from 1. */
export function misfitError(name: string, row: number, type: ColumnType, got: unknown): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: placeOf(name, row),
    expected: `${EXPECTED[type]} (type ${type}) or missing`,
    got: describeValue(got),
  });
}

/** Where a value stands, as messages name it. Rows count from 1. */
function placeOf(name: string, row: number): string {
  return `column ${JSON.stringify(name)}, row ${row + 1}`;
}

/** A value as a message shows it: short, with its type unless that is plain to see. */
export function describeValue(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date";
  if (typeof value === "string") return shorten(JSON.stringify(value), 60);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "an array" : "an object";
  }
  return typeof value === "function" ? "a function" : String(value);
}

function typeOfValue(value: unknown): ColumnType | undefined {
  if (value instanceof Date) return "instant";
  const type = typeof value;
  const known = type === "string" || type === "number" || type === "bigint" || type === "boolean";
  return known ? type : undefined;
}

function mixedError(name: string, row: number, value: unknown, type?: ColumnType): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: placeOf(name, row),
    expected:
      type === undefined
        ? "a string, number, bigint, boolean, Date or missing value"
        : `a value of type ${type} like those before it`,
    got: describeValue(value),
    hint: "a column holds one type",
  });
}

/** Gives something of a row of a column, where it is not missing. */
export type ReadRow<Item> = (row: number) => Item;

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
    return (row) => utcText(highAt(row) * 4_294_967_296 + (lowAt(row) >>> 0));
  }
  return (row) => {
    const [low, high] = [lowAt(row), highAt(row)];
    return utcText(msOf(low, high), microsOf(low, high));
  };
}

/** Whether a row of a column is missing. */
export function missingTest(data: ColumnData): ReadRow<boolean> {
  const { validity } = batchOf(data);
  if (data.nullCount === 0) return () => false;
  return (row) => (((validity[row >> 3] as number) >> (row & 7)) & 1) === 0;
}

/**
 * The number by which the rows of a column are ordered: days for a date, milliseconds for a datetime
 * or an instant, 0 and 1 for a boolean. For texts, and for bigints and times in microseconds, which
 * numbers cannot tell apart, there is none.
 */
export function numbersOf({ type, data }: FrameColumn): ReadRow<number> | undefined {
  if (type === "string" || type === "bigint" || unitOf(data) === "us") return undefined;
  const { values } = batchOf(data);
  if (type === "boolean") return (row) => (Number(values[row >> 3]) >> (row & 7)) & 1;
  if (values instanceof Float64Array) return (row) => values[row] ?? 0;
  if (values instanceof Int32Array) return (row) => values[row] ?? 0;
  // No bigint is made per value; all that such columns hold is exact as a number.
  const halves = halvesOf(values);
  return (row) => (halves[2 * row + 1] ?? 0) * 4_294_967_296 + ((halves[2 * row] ?? 0) >>> 0);
}

import { expectation, type HexError } from "../../errors.ts";
import { shorten } from "../../text.ts";
import { batchOf, dictionaryOf, type FrameColumn, readText } from "../column/column-data.ts";
import { instantTexts, missingTest, numbersOf, type ReadRow } from "../column/column-value.ts";
import { toJsonNumber } from "../json.ts";
import { LONGEST_NUMBER } from "../number-text.ts";
import { foldCase } from "./text-order.ts";
import { type MomentType, parseMomentRange, parseTypedRange, TYPED_RULES } from "./typed-range.ts";

/** The tests of a filter; texts compare without regard to case. */
export type FilterTest = "contains" | "equals" | "at-least" | "at-most" | "missing" | "present";

/** One condition on the rows of a table. */
export interface RowFilter {
  readonly column: string;
  readonly test: FilterTest;
  /** as it was typed; not needed for `missing` and `present` */
  readonly value?: string | undefined;
}

/** Whether a row passes. */
export type RowTest = ReadRow<boolean>;

type Comparison = Exclude<FilterTest, "missing" | "present">;

const LONGEST_VALUE = 10_000;

/**
 * The test that a filter asks for, over the rows of its column as they lie in memory.
 * @throws {HexError} HEX_INPUT_INVALID when the value is none that the column can have
 */
export function toRowTest(column: FrameColumn, { test, value }: RowFilter): RowTest {
  const isMissing = missingTest(column.data);
  if (test === "missing") return isMissing;
  if (test === "present") return (row) => !isMissing(row);
  if (value === undefined || value.length > LONGEST_VALUE) {
    const expected = `with a value of at most ${LONGEST_VALUE} characters`;
    throw wrongFilterValue(column.name, expected, value ?? "none");
  }
  const passes = toValueTest(column, test, value);
  return (row) => !isMissing(row) && passes(row);
}

function toValueTest(column: FrameColumn, test: Comparison, value: string): RowTest {
  const { type } = column;
  if (type === "string" || test === "contains") {
    return toTextTest(column, textComparison(test, foldCase(value)));
  }
  if (type === "datetime" || type === "instant") return toMomentTest(column, type, test, value);
  return type === "bigint"
    ? toBigintTest(column, test, value)
    : toNumberTest(column, type, test, value);
}

function toMomentTest(
  column: FrameColumn,
  type: MomentType,
  test: Comparison,
  value: string,
): RowTest {
  const range = parseMomentRange(type, value);
  if (range === undefined) throw wrongFilterValue(column.name, TYPED_RULES[type], value);
  const { values } = batchOf(column.data);
  const read = numbersOf(column);
  if (read === undefined) {
    const at = (row: number) => values[row] ?? 0n;
    return rangeTest(test, at, range.first, range.last);
  }
  // Of the milliseconds those that lie within the range.
  const [before, last] = [range.first - 1n, range.last].map(floorMs);
  return rangeTest(test, read, Number(before) + 1, Number(last));
}

/** Whole milliseconds, also before 1970. */
function floorMs(microseconds: bigint): bigint {
  return (microseconds - (((microseconds % 1000n) + 1000n) % 1000n)) / 1000n;
}

type Ordered = number | bigint;

function rangeTest(test: Comparison, read: ReadRow<Ordered>, first: Ordered, last: Ordered) {
  if (test === "at-least") return (row: number) => read(row) >= first;
  if (test === "at-most") return (row: number) => read(row) <= last;
  return (row: number) => read(row) >= first && read(row) <= last;
}

function toNumberTest(
  column: FrameColumn,
  type: Exclude<FrameColumn["type"], MomentType | "string">,
  test: Comparison,
  value: string,
): RowTest {
  const range = parseTypedRange(type, value);
  const read = numbersOf(column);
  if (range === undefined || read === undefined) {
    throw wrongFilterValue(column.name, TYPED_RULES[type], value);
  }
  const { first, last } = range;
  if (test === "equals" && Number.isNaN(first)) return (row) => Number.isNaN(read(row));
  return rangeTest(test, read, first, last);
}

function toBigintTest({ name, data }: FrameColumn, test: Comparison, value: string): RowTest {
  const text = value.trim();
  const isShort = text.length <= LONGEST_NUMBER;
  if (!isShort || !/^[+-]?\d+$/.test(text)) throw wrongFilterValue(name, TYPED_RULES.bigint, value);
  const bound = BigInt(text.replace("+", ""));
  const { values } = batchOf(data);
  if (test === "at-least") return (row) => (values[row] ?? 0) >= bound;
  if (test === "at-most") return (row) => (values[row] ?? 0) <= bound;
  return (row) => values[row] === bound;
}

function textComparison(test: Comparison, wanted: string): (folded: string) => boolean {
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

function toTextTest(column: FrameColumn, passes: (folded: string) => boolean): RowTest {
  const batch = column.type === "string" ? dictionaryOf(column.data) : undefined;
  if (batch === undefined) {
    const read = textsOf(column);
    return (row) => passes(foldCase(read(row)));
  }
  // Each text of a dictionary is looked at once.
  const { values, cache } = batch;
  const isPassing = Uint8Array.from(cache, (text) => Number(passes(foldCase(text))));
  return (row) => isPassing[Number(values[row])] === 1;
}

/** The values of a column as a table shows them. */
function textsOf({ type, data }: FrameColumn): ReadRow<string> {
  if (type === "string") return (row) => readText(data, row);
  if (type === "instant") return instantTexts(data);
  if (type === "number") return (row) => String(toJsonNumber(Number(data.at(row))));
  return (row) => String(data.at(row));
}

const COLUMNS_SHOWN = 20;
const TEXT_SHOWN = 60;

/** Says that a table has no such column. */
export function unknownColumn(name: string, columns: readonly FrameColumn[]): HexError {
  const names = columns.slice(0, COLUMNS_SHOWN).map((column) => column.name);
  const more = columns.length - names.length;
  return expectation("HEX_INPUT_INVALID", {
    place: "the column to sort or filter by",
    expected: `one of ${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    got: quoted(name),
  });
}

/** Says that a filter's value cannot be compared with those of its column. */
function wrongFilterValue(column: string, expected: string, got: string): HexError {
  return expectation("HEX_INPUT_INVALID", {
    place: `the filter on column ${quoted(column)}`,
    expected,
    got: quoted(got),
  });
}

function quoted(text: string): string {
  return JSON.stringify(shorten(text, TEXT_SHOWN));
}

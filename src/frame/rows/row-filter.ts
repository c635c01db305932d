import { expectation, type HexError } from "../../errors.ts";
import { shorten } from "../../text.ts";
import { batchOf, dictionaryOf, type FrameColumn, readText } from "../column/column-data.ts";
import { instantTexts, missingTest, numbersOf, type ReadRow } from "../column/column-value.ts";
import { toJsonNumber } from "../json.ts";
import { foldCase } from "./text-order.ts";
import {
  type Comparison,
  type FilterTest,
  type MomentType,
  parseMomentRange,
  parseTypedRange,
  rangeTest,
  TYPED_RULES,
  textComparison,
} from "./typed-range.ts";

/** One condition on the rows of a table. */
export interface RowFilter {
  readonly column: string;
  readonly test: FilterTest;
  /** as it was typed; not needed for `missing` and `present` */
  readonly value?: string | undefined;
}

/** Whether a row passes. */
export type RowTest = ReadRow<boolean>;

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
  return toNumberTest(column, type, test, value);
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
    return rangeTest(test, at, range);
  }
  // Of the milliseconds those that lie within the range.
  const [before, last] = [range.first - 1n, range.last].map(floorMs);
  return rangeTest(test, read, { first: Number(before) + 1, last: Number(last) });
}

/** Whole milliseconds, also before 1970. */
function floorMs(microseconds: bigint): bigint {
  return (microseconds - (((microseconds % 1000n) + 1000n) % 1000n)) / 1000n;
}

function toNumberTest(
  column: FrameColumn,
  type: Exclude<FrameColumn["type"], MomentType | "string">,
  test: Comparison,
  value: string,
): RowTest {
  const range = parseTypedRange(type, value);
  if (range === undefined) throw wrongFilterValue(column.name, TYPED_RULES[type], value);
  const { values } = batchOf(column.data);
  return rangeTest(test, numbersOf(column) ?? ((row) => values[row] ?? 0), range);
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

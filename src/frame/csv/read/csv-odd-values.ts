/** The sentences about values of a column that are not as the others. */
import { expectation, type HexError } from "../../../errors.ts";
import { formatCount, shorten } from "../../../text.ts";
import type { FrameColumn } from "../../column/column-data.ts";
import type { Exceptions, TextItems } from "./csv-text-items.ts";
import type { ValueClass } from "./csv-values.ts";
import { MISSING_WORDS, toCsvValue } from "./csv-values.ts";

/** The values of a column that are worth a sentence: of each sort how many, and the first. */
export interface OddValues {
  /** of another kind than the others */
  exceptions?: Exceptions;
  infinities?: Exceptions;
  /** taken for missing */
  words?: Exceptions;
  /** times with another offset than UTC */
  offsets?: Exceptions;
  /** decimals of more digits than a float holds */
  rounded?: Exceptions;
}

/** After so many exceptions they are no longer counted. */
export const MOST_EXCEPTIONS = 1000;

/** Nouns for the values of a column, as sentences name them. */
const NOUNS: Readonly<Record<ValueClass, string>> = {
  integer: "number",
  bigint: "whole number of 64 bits",
  number: "number",
  infinity: "number",
  boolean: "boolean",
  date: "date",
  datetime: "local time",
  instant: "time with an offset",
  text: "text",
};

/** Counts one more value of a sort. */
export function note(odd: OddValues, kind: keyof OddValues, row: number, text: string): void {
  const known = odd[kind];
  if (known === undefined) odd[kind] = { count: 1, row, text };
  else known.count++;
}

/** A column whose values have been seen, as sentences name it. */
interface SeenColumn {
  readonly name: string;
  readonly kind: ValueClass;
  /** whether its texts are kept already */
  readonly hasTexts: boolean;
  /** how many rows have a value */
  readonly present: number;
}

/**
 * Why a column is read again as texts; undefined when that is a plain matter.
 * @throws {HexError} HEX_DATA_INVALID for infinity among days or times
 */
export function whyTexts(odd: OddValues, column: SeenColumn): string | undefined {
  const { name, kind, hasTexts, present } = column;
  const { exceptions, infinities } = odd;
  const noun = NOUNS[kind];
  if (exceptions === undefined && infinities !== undefined && isMoment(kind)) {
    throw infinityError(name, infinities, noun);
  }
  if (kind === "text" && !hasTexts) return undefined;
  if (exceptions === undefined) return "its bare words stand among bare texts";
  const { count } = exceptions;
  const many = count >= MOST_EXCEPTIONS ? `at least ${formatCount(MOST_EXCEPTIONS)}` : count;
  const verb = count === 1 ? "value is" : "values are";
  return `${many} of ${formatCount(present)} ${verb} no ${noun}: ${placeOf(exceptions)}`;
}

/** Notes on the values of a column, a sentence each. */
export function toNotes(name: string, odd: OddValues, texts: TextItems | undefined): string[] {
  const place = `column ${JSON.stringify(name)}`;
  const { offsets, rounded } = odd;
  const words = texts === undefined ? odd.words : texts.words;
  const told: string[] = [];
  if (texts?.signs !== undefined) {
    const { signs } = texts;
    told.push(`${place}: ${countOf(signs)} taken for missing: ${placeOf(signs)}`);
  }
  if (words !== undefined && texts?.areWordsTexts === true) {
    const hint = `missing: [${JSON.stringify(words.text)}] reads them as missing`;
    told.push(`${place}: ${countOf(words)} kept as text: ${placeOf(words)} (${hint})`);
  } else if (words !== undefined) {
    told.push(`${place}: ${countOf(words)} taken for missing: ${placeOf(words)}`);
  }
  if (offsets !== undefined) {
    told.push(`${place}: kept as moments in UTC, without their offsets: ${placeOf(offsets)}`);
  }
  if (rounded !== undefined) {
    told.push(`${place}: ${countOf(rounded)} rounded to a float: ${placeOf(rounded)}`);
  }
  return told;
}

/** Whether values are days or times. */
export function isMoment(kind: ValueClass | undefined): kind is "date" | "datetime" | "instant" {
  return kind === "date" || kind === "datetime" || kind === "instant";
}

function countOf({ count }: Exceptions): string {
  return formatCount(count, "value");
}

function placeOf({ row, text }: Exceptions): string {
  return `row ${formatCount(row + 1)} ${shownText(text)}`;
}

/** A text of the file as a sentence shows it. */
export function shownText(text: string): string {
  return JSON.stringify(shorten(text, 40));
}

function infinityError(name: string, odd: Exceptions, noun: string): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}, row ${odd.row + 1}`,
    expected: `a ${noun}, as the others`,
    got: shownText(odd.text),
    hint: 'missing: ["infinity", "-infinity"] reads it as missing, the type string as it stands',
  });
}

const SEEN_TEXTS = 64;

const DECIMAL_COMMA = /^[+-]?\d+(?:\.\d{3})*,\d+$/;

const OTHER_DAY = /^\d{1,2}([./-])\d{1,2}\1\d{4}$/;

/**
 * Why a column that was read as text may have been meant otherwise, by its first texts; undefined
 * when they are just texts.
 */
export function textReason(column: FrameColumn): string | undefined {
  const texts = firstTexts(column);
  if (texts.length === 0) return undefined;
  if (texts.every(({ text }) => DECIMAL_COMMA.test(text))) {
    return 'its first values have a decimal comma (decimal: "," reads them as numbers)';
  }
  if (texts.every(({ text }) => OTHER_DAY.test(text))) {
    return 'its first values look like days (dates: "DD/MM/YYYY" or "MM/DD/YYYY", with their signs, reads them)';
  }
  const kinds = texts.map(({ text }) => toCsvValue(text).kind);
  const odd = texts.filter((_, index) => kinds[index] === "text");
  const [first] = odd;
  const others = new Set(kinds.filter((kind) => kind !== "text"));
  if (first === undefined || odd.length * 2 > texts.length || others.size === 0) return undefined;
  return `row ${first.row + 1} ${JSON.stringify(first.text)} is not written as its neighbours are`;
}

/** The first different texts of a column but words for missing, with their rows from 0. */
function firstTexts({ data }: FrameColumn): { row: number; text: string }[] {
  const texts = new Map<string, number>();
  for (let row = 0; row < data.length && row < 1000 && texts.size < SEEN_TEXTS; row++) {
    const text = data.at(row);
    const isWord = typeof text !== "string" || MISSING_WORDS.includes(text);
    if (!isWord && !texts.has(text)) texts.set(text, row);
  }
  return Array.from(texts, ([text, row]) => ({ row, text }));
}

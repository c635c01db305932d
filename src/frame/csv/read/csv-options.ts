import { expectation } from "../../../errors.ts";
import type { Schema, SchemaSpec } from "../../schema.ts";
import { NO_BYTE, QUOTE } from "./csv-dialect.ts";
import { WordSet } from "./csv-text-items.ts";
import { MISSING_SIGN, MISSING_WORDS, parseDatePattern, type ValueForms } from "./csv-values.ts";

/** Options for a CSV that another tool wrote; an option that is left out is found in the file. */
export interface CsvOptions {
  /** the columns and their types, by name; without it they are found in the file */
  readonly schema?: Schema | SchemaSpec | undefined;
  /** the sign between fields, such as ";" or "\t" */
  readonly delimiter?: string | undefined;
  /** the decimal sign: "." unless told */
  readonly decimal?: "." | "," | undefined;
  /** the sign between groups of three digits, such as "," or " "; none unless told */
  readonly thousands?: string | undefined;
  /** the encoding by its name, such as "windows-1252"; UTF-8 unless told, or UTF-16 with a mark */
  readonly encoding?: string | undefined;
  /** fields that are missing values wherever they stand, instead of NA, NULL and their like */
  readonly missing?: readonly string[] | undefined;
  /** lines that begin with this sign are passed over; none unless told */
  readonly comment?: string | undefined;
  /** how many lines stand above the header; 0 unless told */
  readonly skipLines?: number | undefined;
  /** "missing" fills rows that are too short, and gives rows that are too long more columns */
  readonly ragged?: "missing" | undefined;
  /** how dates or times are written that are not ISO, such as "DD/MM/YYYY" or "D.M.YYYY HH:mm" */
  readonly dates?: string | undefined;
  /** the sign around fields: `"` unless told; "" for none */
  readonly quote?: string | undefined;
  /** a sign within quotes before one that is meant as itself, such as "\\"; none unless told */
  readonly escape?: string | undefined;
  /** false for a file whose first line is a row: columns are then column1, column2, … */
  readonly header?: boolean | undefined;
}

/** How the values of a file are written, the same for all of its columns. */
export interface ColumnForms {
  readonly values: ValueForms;
  readonly quote: number;
  readonly escape: number;
  /** what is missing wherever it stands */
  readonly missing: WordSet;
  /** whether that was told: it may be written as a number or a day is */
  readonly isMissingGiven: boolean;
  /** what is missing where no text can stand, and where all texts are quoted */
  readonly words: WordSet;
}

/** The forms in which values are written, by what was said. */
export function toColumnForms(options: CsvOptions): ColumnForms {
  const { missing } = options;
  const quote = options.quote === "" ? NO_BYTE : toByte("quote", options.quote ?? '"');
  for (const name of ["delimiter", "comment"] as const) {
    const sign = options[name];
    if (sign !== undefined && sign === (options.quote ?? '"')) {
      throw optionError(name, "another sign than the quote", sign);
    }
  }
  const escapeSign = options.escape === undefined ? NO_BYTE : toByte("escape", options.escape);
  return {
    values: toValueForms(options),
    quote,
    // A quote before a quote is what is read without being told.
    escape: escapeSign === quote ? NO_BYTE : escapeSign,
    isMissingGiven: missing !== undefined,
    missing: new WordSet(missing ?? [MISSING_SIGN]),
    words: new WordSet(missing === undefined ? MISSING_WORDS : []),
  };
}

function toValueForms({ decimal = ".", thousands = "", dates }: CsvOptions): ValueForms {
  if (decimal !== "." && decimal !== ",") throw optionError("decimal", '"." or ","', decimal);
  const isSign = thousands.length <= 1 && !/[\d\w]/.test(thousands);
  if (!isSign || thousands === decimal) {
    throw optionError("thousands", "one sign, other than decimal", thousands);
  }
  const pattern = dates === undefined ? undefined : parseDatePattern(dates);
  if (dates !== undefined && pattern === undefined) {
    const expected =
      'a pattern of YYYY, MM or M, DD or D, and for times HH or H, mm and ss, such as "DD/MM/YYYY"';
    throw optionError("dates", expected, dates);
  }
  return { decimal, thousands, dates: pattern };
}

/** The byte of a sign. @throws {HexError} HEX_DATA_INVALID when it is no single one of ASCII */
export function toByte(name: string, sign: string): number {
  const isQuote = sign.charCodeAt(0) === QUOTE && name !== "quote" && name !== "escape";
  if (/^[\0-\x7f]$/.test(sign) && !/[\r\n]/.test(sign) && !isQuote) return sign.charCodeAt(0);
  throw optionError(name, "one ASCII sign that is no line end", sign);
}

/** The number of lines above the header. */
export function toSkippedLines({ skipLines = 0 }: CsvOptions): number {
  if (Number.isSafeInteger(skipLines) && skipLines >= 0) return skipLines;
  throw optionError("skipLines", "a whole number of lines", skipLines);
}

/** Whether rows of other lengths are taken. */
export function isRagged({ ragged }: CsvOptions): boolean {
  if (ragged !== undefined && ragged !== "missing") {
    throw optionError("ragged", '"missing"', ragged);
  }
  return ragged === "missing";
}

function optionError(name: string, expected: string, got: unknown) {
  const place = `the option \`${name}\` of readCsv`;
  return expectation("HEX_DATA_INVALID", { place, expected, got: JSON.stringify(got) });
}

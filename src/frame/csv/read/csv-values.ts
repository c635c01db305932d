/**
 * The rules by which a field of another tool's CSV becomes a value (see docs/csv.md): nothing
 * is a number, a day or a time unless it is written as one and is kept whole as one.
 */
import { FIRST_MS, LAST_MS, parseDay } from "../../column/moment.ts";

/** The kind of a written value, before its column has a type. */
export type ValueClass =
  | "integer"
  /** a whole number beyond ±(2^53 − 1) of 64 bits */
  | "bigint"
  | "number"
  | "infinity"
  | "boolean"
  | "date"
  | "datetime"
  | "instant"
  | "text";

/** The kind that values of two kinds have together. */
export function joinKinds(one: ValueClass, other: ValueClass): ValueClass {
  const kinds = new Set([one, other]);
  if (kinds.size === 1) return one;
  const others = (...known: ValueClass[]) => [...kinds].every((kind) => known.includes(kind));
  if (others("integer", "bigint")) return "bigint";
  return others("integer", "number", "infinity") ? "number" : "text";
}

/** A value that was read: the number that its column keeps, of a date its day, of a time its milliseconds. */
export interface CsvValue {
  readonly kind: ValueClass;
  readonly value: number | bigint;
  /** microseconds beyond the milliseconds of a time, 0 to 999 */
  readonly micros?: number;
}

/** How values are written, where that is not as programs write them. */
export interface ValueForms {
  /** the decimal sign; "." unless told */
  readonly decimal: string;
  /** the sign between groups of three digits; none unless told */
  readonly thousands: string;
  /** a pattern of dates or times beside the ISO forms */
  readonly dates: DatePattern | undefined;
}

const PLAIN_FORMS: ValueForms = { decimal: ".", thousands: "", dates: undefined };

/** The bare words that mean "missing" where no text can stand; to pandas and R, everywhere. */
export const MISSING_WORDS: readonly string[] = [
  ...["NA", "N/A", "n/a", "#NA", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan"],
  ...["NULL", "null", "None"],
];

/** The sign of MySQL, Hive and ClickHouse for a missing value; no real text looks like it. */
export const MISSING_SIGN = "\\N";

/** No number is written longer: 1.8e308 has 309 digits. */
const LONGEST_VALUE = 400;
const MAX_DIGITS = 17;
/** Floats closer to zero have fewer digits. */
const LEAST_NORMAL = 2 ** -1022;
export const MAX_BIGINT = 2n ** 63n - 1n;
export const MIN_BIGINT = -(2n ** 63n);
const DAY_MS = 86_400_000;

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?(?:(0|[1-9]\d*)(\.\d*)?|(\.\d+))(?:([eE])([+-]?)\d+)?$/;
const INFINITY = /^[+-]?inf(?:inity)?$/i;
const BOOLEAN = /^(?:true|false)$/i;
const TIME =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z| UTC| ?[+-]\d{2}(?::?\d{2})?)?$/;

const TEXT: CsvValue = { kind: "text", value: 0 };

/** The value of a field by the rules. Spaces around it are not part of a value. */
export function toCsvValue(field: string, forms: ValueForms = PLAIN_FORMS): CsvValue {
  const text = field.trim();
  if (text === "" || text.length > LONGEST_VALUE) return TEXT;
  return (
    toPatternValue(text, forms.dates) ??
    toNumber(text, forms) ??
    toBoolean(text) ??
    toTime(text) ??
    TEXT
  );
}

/** The number that a text writes, in the forms of a file; undefined for none, and what is not kept. */
function toNumber(text: string, { decimal, thousands }: ValueForms): CsvValue | undefined {
  const plain = toPlain(text, decimal, thousands);
  if (plain === undefined) return undefined;
  if (INTEGER.test(plain)) return toWhole(plain);
  if (INFINITY.test(plain)) {
    return { kind: "infinity", value: plain.startsWith("-") ? -Infinity : Infinity };
  }
  const parts = DECIMAL.exec(plain);
  if (parts === null || !isKept(plain, parts)) return undefined;
  return { kind: "number", value: Number(plain) };
}

/** A number as programs write it; undefined when its groups of digits are no groups. */
export function toPlain(text: string, decimal: string, thousands: string): string | undefined {
  if (decimal === "." && thousands === "") return text;
  const [whole = "", fraction, ...more] = text.split(decimal);
  if (more.length > 0 || (decimal !== "." && text.includes(".") && thousands !== ".")) {
    return undefined;
  }
  const groups = thousands === "" ? [whole] : whole.split(thousands);
  const isGrouped = groups.slice(1).every((group) => /^\d{3}$/.test(group));
  const first = groups.length === 1 || /^-?\d{1,3}$/.test(groups[0] ?? "");
  if (!isGrouped || !first) return undefined;
  return groups.join("") + (fraction === undefined ? "" : `.${fraction}`);
}

function toWhole(text: string): CsvValue | undefined {
  if (text === "-0") return { kind: "number", value: -0 };
  const value = Number(text);
  if (Number.isSafeInteger(value)) return { kind: "integer", value };
  if (text.length > 20) return undefined;
  const exact = BigInt(text);
  if (exact < MIN_BIGINT || exact > MAX_BIGINT) return undefined;
  return { kind: "bigint", value: exact };
}

/** Whether a float holds what a decimal says, and the text is no id that looks like one. */
function isKept(text: string, parts: RegExpExecArray): boolean {
  const [, whole = "", fraction, bare, letter, sign] = parts;
  const isId = letter !== undefined && sign === "" && !isNormal(whole, fraction ?? bare, letter);
  return !isId && isExactFloat(digitsOf(text), Number(text));
}

/** The digits of a number but zeros at their beginning and end. */
function digitsOf(text: string): string {
  const [mantissa = ""] = text.toLowerCase().split("e");
  return mantissa.replace(/\D/g, "").replace(/^0+/, "").replace(/0+$/, "");
}

/** Whether a float is what these digits say; those next to zero have fewer than others. */
function isExactFloat(digits: string, value: number): boolean {
  if (digits.length > MAX_DIGITS || !Number.isFinite(value)) return false;
  if (digits === "" || Math.abs(value) >= LEAST_NORMAL) return true;
  return value !== 0 && digitsOf(value.toExponential(digits.length - 1)) === digits;
}

/** Whether a float that was asked for is another number than its text says. */
export function isRounded(field: string, value: number, forms: ValueForms): boolean {
  const found = toCsvValue(field, forms);
  if (found.kind === "bigint") return BigInt(value) !== found.value;
  return found.kind === "text" && !isExactFloat(digitsOf(field), value);
}

/** 1.5E10 and 1e16 are numbers; 12E4 and 4E5 are ids of somebody. */
function isNormal(whole: string, fraction: string | undefined, letter: string): boolean {
  return fraction !== undefined || (whole.length === 1 && letter === "e");
}

function toBoolean(text: string): CsvValue | undefined {
  if (!BOOLEAN.test(text)) return undefined;
  return { kind: "boolean", value: text.length === 4 ? 1 : 0 };
}

function toTime(text: string): CsvValue | undefined {
  const day = parseDay(text);
  if (day !== undefined) return { kind: "date", value: day };
  const parts = TIME.exec(text);
  if (parts === null) return undefined;
  const [, date = "", hours, minutes, seconds, fraction = "", zone] = parts;
  const days = parseDay(date);
  const clock = clockMs(Number(hours), Number(minutes), Number(seconds ?? 0));
  if (days === undefined || clock === undefined || /[1-9]/.test(fraction.slice(6)))
    return undefined;
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  const value = days * DAY_MS + clock + Math.floor(micros / 1000);
  return toMoment(value, micros % 1000, zone);
}

function toMoment(localMs: number, micros: number, zone?: string): CsvValue | undefined {
  if (zone === undefined) return { kind: "datetime", value: localMs, micros };
  const value = localMs - offsetMs(zone);
  const isInside = value >= FIRST_MS && value <= LAST_MS;
  return Number.isNaN(value) || !isInside ? undefined : { kind: "instant", value, micros };
}

function clockMs(hours: number, minutes: number, seconds: number): number | undefined {
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return hours * 3_600_000 + minutes * 60_000 + seconds * 1000;
}

/** How far a zone is ahead of UTC; NaN for no such offset. */
function offsetMs(zone: string): number {
  const parts = /([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (parts === null) return 0;
  const [hours, minutes] = [Number(parts[2]), Number(parts[3] ?? 0)];
  if (hours > 18 || minutes > 59) return Number.NaN;
  return (parts[1] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Dates or times as somebody writes them, such as DD/MM/YYYY. */
export interface DatePattern {
  readonly text: string;
  readonly regex: RegExp;
  /** the token of each group */
  readonly tokens: readonly string[];
}

const TOKENS: Readonly<Record<string, string>> = {
  YYYY: "(\\d{4})",
  MM: "(\\d{2})",
  M: "(\\d{1,2})",
  DD: "(\\d{2})",
  D: "(\\d{1,2})",
  HH: "(\\d{2})",
  H: "(\\d{1,2})",
  mm: "(\\d{2})",
  ss: "(\\d{2})",
};

/** Reads a pattern of dates; undefined when it names no whole day, or has another letter. */
export function parseDatePattern(text: string): DatePattern | undefined {
  const tokens: string[] = [];
  const source = text.replace(/[A-Za-z]+|[^A-Za-z]/g, (part) => {
    const group = TOKENS[part];
    if (group === undefined) return part.replace(/[^A-Za-z]/, "\\$&");
    tokens.push(part);
    return group;
  });
  const letters = tokens.map((token) => token[0]);
  const isWhole = ["Y", "M", "D"].every((letter) => letters.includes(letter));
  const isOnce = new Set(letters).size === letters.length;
  const unknown = text
    .match(/[A-Za-z]+/g)
    ?.some((word) => TOKENS[word] === undefined && word !== "T");
  const isClock = letters.includes("H") || !(letters.includes("m") || letters.includes("s"));
  if (!isWhole || !isOnce || unknown === true || !isClock) return undefined;
  return { text, regex: new RegExp(`^${source}$`), tokens };
}

/** Whether a pattern reads what looks like an ISO day as another one, such as YYYY-DD-MM. */
export function isOtherThanIso(pattern: DatePattern | undefined): boolean {
  return pattern !== undefined && /^YYYY-(?!MM-DD)/.test(pattern.text);
}

function toPatternValue(text: string, pattern: DatePattern | undefined): CsvValue | undefined {
  const parts = pattern?.regex.exec(text);
  if (!pattern || !parts) return undefined;
  const part = (letter: string) => {
    return parts[1 + pattern.tokens.findIndex((token) => token.startsWith(letter))];
  };
  const padded = (letter: string) => (part(letter) ?? "").padStart(2, "0");
  const day = parseDay(`${part("Y")}-${padded("M")}-${padded("D")}`);
  if (day === undefined) return undefined;
  if (!pattern.tokens.some((token) => token.startsWith("H"))) return { kind: "date", value: day };
  const has = (letter: string) => pattern.tokens.some((token) => token.startsWith(letter));
  const [minutes, seconds] = ["m", "s"].map((letter) => (has(letter) ? Number(part(letter)) : 0));
  const clock = clockMs(Number(part("H")), minutes ?? 0, seconds ?? 0);
  return clock === undefined
    ? undefined
    : { kind: "datetime", value: day * DAY_MS + clock, micros: 0 };
}

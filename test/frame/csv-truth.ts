/** What a value that was read from CSV has to be, told from the text of its field alone. */
import type { FrameColumn } from "../../src/frame/column/column-data.ts";
import { instantTexts, toReader } from "../../src/frame/column/column-value.ts";
import type { ColumnType } from "../../src/frame/schema.ts";

const MISSING_WORDS = /^(NA|N\/A|n\/a|#NA|#N\/A|<NA>|NaN|nan|-NaN|-nan|NULL|null|None|\\N)?$/;

/** The values of a column as texts with all their digits, missing ones as null. */
export function textsOf({ type, data }: FrameColumn): (string | null)[] {
  const read = toReader(data);
  const readInstant = type === "instant" ? instantTexts(data) : undefined;
  return Array.from({ length: data.length }, (_, row) => {
    const value = read(row);
    if (value === null) return null;
    return readInstant?.(row) ?? (Object.is(value, -0) ? "-0" : String(value));
  });
}

/**
 * Whether a value, as its text, is what stands in its field: the same text, number or moment. What
 * is missing has to be empty or a word for it. Written apart from the reader, to judge it.
 */
export function isSameValue(type: ColumnType, value: string | null, field: string): boolean {
  if (value === null) return MISSING_WORDS.test(field.trim());
  if (type === "string") return value === field;
  const text = field.trim();
  if (type === "boolean") return text.toLowerCase() === value;
  if (type === "number") return isSameNumber(value, text);
  if (type === "integer" || type === "bigint") return isSameWhole(value, text);
  if (type === "date") return value === text;
  const moment = type === "datetime" ? `${text}Z` : text;
  return microsOf(type === "datetime" ? `${value}Z` : value) === microsOf(moment);
}

function isSameNumber(value: string, text: string): boolean {
  const written = text.replace(/^([+-]?)inf(inity)?$/i, "$1Infinity");
  const digits = text
    .replace(/e.*$/i, "")
    .replace(/\D/g, "")
    .replace(/^0+|0+$/g, "");
  return digits.length <= 17 && Object.is(Number(written), Number(value)) && text !== "";
}

function isSameWhole(value: string, text: string): boolean {
  return /^-?(0|[1-9]\d*)$/.test(text) && BigInt(text) === BigInt(value);
}

const MOMENT =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,6})0*)? ?(Z|UTC|[+-]\d\d(?::?\d\d)?)$/;

/** The microseconds of a moment since 1970; undefined for anything else. */
function microsOf(text: string): bigint | undefined {
  const [, day, minute, second = ":00", fraction = "", zone = ""] = MOMENT.exec(text) ?? [];
  const ms = Date.parse(`${day}T${minute}${second}Z`);
  if (Number.isNaN(ms)) return undefined;
  const [, sign = "+", hours = "0", minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
  return BigInt(ms - offset) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

import { expectation, type HexError } from "../../../errors.ts";
import { datetimeText, dayText, toDate } from "../../column/moment.ts";
import { parseNumberText } from "../../number-text.ts";
import type { ColumnType, Value } from "../../schema.ts";
import { shownText } from "./csv-odd-values.ts";
import {
  type CsvValue,
  MAX_BIGINT,
  MIN_BIGINT,
  toCsvValue,
  toPlain,
  type ValueForms,
} from "./csv-values.ts";

const TRUE_WORDS = ["true", "t", "yes", "y", "1"];
const FALSE_WORDS = ["false", "f", "no", "n", "0"];

/**
 * The value of a field in a column of a requested type: wider than what is found without being
 * asked, since `007` and `1.0` are whole numbers to who says so. Undefined when it is no such value.
 */
export function toAskedValue(
  field: string,
  type: Exclude<ColumnType, "string">,
  forms: ValueForms,
): CsvValue | undefined {
  const found = toCsvValue(field, forms);
  switch (type) {
    case "number":
      return toAskedNumber(field, found, forms);
    case "integer":
    case "bigint":
      return toAskedWhole(field, type, forms);
    case "boolean":
      return toAskedBoolean(field);
    default:
      return found.kind === type ? found : undefined;
  }
}

/** A value as frames have it, of what was read for a column of the type. */
export function fromCsvValue(type: ColumnType, { value, micros = 0 }: CsvValue): Value {
  switch (type) {
    case "bigint":
      return BigInt(value);
    case "boolean":
      return value === 1;
    case "date":
      return dayText(Number(value));
    case "datetime":
      return datetimeText(Number(value), micros);
    case "instant":
      return toDate(Number(value), micros);
    default:
      return Number(value);
  }
}

function toAskedNumber(field: string, found: CsvValue, forms: ValueForms): CsvValue | undefined {
  if (found.kind === "number" || found.kind === "infinity") return found;
  const plain = toPlain(field.trim(), forms.decimal, forms.thousands) ?? "";
  const value = parseNumberText(plain);
  return value === undefined || !Number.isFinite(value) ? undefined : { kind: "number", value };
}

function toAskedWhole(
  field: string,
  type: "integer" | "bigint",
  forms: ValueForms,
): CsvValue | undefined {
  const plain = toPlain(field.trim(), forms.decimal, forms.thousands) ?? "";
  const digits = /^(\+?\d{1,25}|-\d{1,25})(?:\.0*)?$/.exec(plain)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  const isInside =
    type === "integer"
      ? Number.isSafeInteger(Number(value))
      : value >= MIN_BIGINT && value <= MAX_BIGINT;
  return isInside ? { kind: type, value } : undefined;
}

function toAskedBoolean(field: string): CsvValue | undefined {
  const word = field.trim().toLowerCase();
  if (TRUE_WORDS.includes(word)) return { kind: "boolean", value: 1 };
  return FALSE_WORDS.includes(word) ? { kind: "boolean", value: 0 } : undefined;
}

/** Says that a field is no value of the type that its column was asked for. */
export function askedError(name: string, row: number, type: ColumnType, text: string): HexError {
  return expectation("HEX_FRAME_INVALID", {
    place: `column ${JSON.stringify(name)}, row ${row + 1}`,
    expected: `of type ${type}, as the schema says`,
    got: shownText(text),
    hint: ASKED_HINTS[type] ?? "the type string takes it as it stands",
  });
}

const ASKED_HINTS: Readonly<Partial<Record<ColumnType, string>>> = {
  date: 'a date is YYYY-MM-DD; dates: "DD/MM/YYYY" reads others, the type string takes it as it stands',
  datetime:
    "a local time is YYYY-MM-DD HH:MM:SS without an offset; the type string takes it as it stands",
  instant:
    "an instant is YYYY-MM-DDTHH:MM:SS with Z or an offset such as +02:00; the type string takes it as it stands",
};

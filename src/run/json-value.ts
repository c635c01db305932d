import { expectation } from "../errors.ts";
import { dateText } from "../frame/column/moment.ts";
import { toJsonNumber } from "../frame/json.ts";

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * A value as plain JSON: dates as ISO text, bigints as decimal text, NaN and the infinities as in
 * our CSV, missing as null.
 * @throws {HexError} HEX_CELL_FAILED on functions, symbols, loops and objects that are no plain data
 */
export function toJsonValue(value: unknown, place: string): JsonValue {
  return convert(value, place, []);
}

function convert(value: unknown, place: string, above: readonly object[]): JsonValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return toJsonNumber(value);
    case "bigint":
      return value.toString();
    case "undefined":
      return null;
    case "object":
      return value === null ? null : convertObject(value, place, above);
    default:
      throw notData(place, `a ${typeof value}`);
  }
}

function convertObject(value: object, place: string, above: readonly object[]): JsonValue {
  if (above.includes(value)) throw notData(place, "an object that contains itself");
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return value.map((each, index) => convert(each, `${place}[${index}]`, inside));
  }
  if (value instanceof Date) return convertDate(value, place);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notData(place, `an object of class ${value.constructor.name}`);
  }
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, each]) => [key, convert(each, `${place}.${key}`, inside)]),
  );
}

function convertDate(value: Date, place: string): string {
  if (Number.isNaN(value.getTime())) throw notData(place, "an invalid date");
  return dateText(value);
}

function notData(place: string, got: string) {
  return expectation("HEX_CELL_FAILED", {
    place,
    expected: "a frame, rows, a chart, Markdown or plain data",
    got,
  });
}

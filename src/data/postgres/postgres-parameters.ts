import { expectation } from "../../errors.ts";
import { describeValue } from "../../frame/column/column-value.ts";
import { dateText } from "../../frame/column/moment.ts";
import type { PostgresParameter } from "./postgres-options.ts";
import { isZoneless } from "./postgres-types.ts";

/**
 * The texts in which the server reads the parameters; their types are its own.
 * @param types those that the statement has
 * @throws {HexError} HEX_CELL_FAILED for another number of them, or a value of another kind
 */
export function toParameters(
  values: readonly PostgresParameter[],
  types: readonly number[],
): (string | null)[] {
  if (values.length !== types.length) {
    throw expectation("HEX_CELL_FAILED", {
      place: "the parameters of the query",
      expected: types.length === 1 ? "1 value, for $1" : `${types.length} values`,
      got: String(values.length),
    });
  }
  return values.map((value, index) => {
    if (value instanceof Date && isZoneless(Number(types[index]))) throw zoneError(index);
    return toText(value, index);
  });
}

function toText(value: unknown, index: number): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return `{${value.map((each) => toElement(each, index)).join(",")}}`;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return dateText(value);
  const isPlain = ["string", "number", "bigint", "boolean"].includes(typeof value);
  if (isPlain && !String(value).includes("\0")) return String(value);
  throw expectation("HEX_CELL_FAILED", {
    place: `the parameter $${index + 1} of the query`,
    expected:
      "a string without a NUL, a number, bigint, boolean, valid Date, null or a list of these",
    got: value === undefined ? "undefined" : describeValue(value),
  });
}

/** An element of an array, in quotes in which only two signs mean more than themselves. */
function toElement(value: unknown, index: number): string {
  const text = toText(value, index);
  if (text === null) return "NULL";
  return Array.isArray(value) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function zoneError(index: number) {
  return expectation("HEX_CELL_FAILED", {
    place: `the parameter $${index + 1} of the query`,
    expected: "a text, since its type there has no zone and would drop that of a Date",
    got: "a Date",
    hint: `$${index + 1}::timestamptz takes it as the instant that it is`,
  });
}

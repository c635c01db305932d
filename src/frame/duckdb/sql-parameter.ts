import { expectation, type HexError } from "../../errors.ts";
import type { ScalarParameter, SqlParameter } from "./duckdb.ts";

/**
 * The value of `$name` in a query: a single value, a list of values of one type for `IN $name`, or an
 * object of values, of which `$dates.start` is one.
 *
 * @throws {HexError} HEX_CELL_FAILED for anything else
 */
export function toSqlParameter(name: string, value: unknown): SqlParameter {
  if (isScalar(value)) return value;
  refuseBeyond(name, value);
  if (Array.isArray(value)) {
    if (value.every(isScalar) && isOfOneType(value)) return { items: value };
    throw parameterError(name, "a list of values of one type", "a list of others");
  }
  const isPlain = typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
  const fields = isPlain ? Object.entries(value as object) : [];
  if (fields.length === 0 || !fields.every(([, each]) => isScalar(each))) {
    throw parameterError(name, "a single value, a list or an object of values", describe(value));
  }
  return { fields: Object.fromEntries(fields) };
}

function refuseBeyond(name: string, value: unknown): void {
  if (typeof value !== "bigint" && !(value instanceof Date)) return;
  const got = typeof value === "bigint" ? `${value}` : "an invalid one";
  throw parameterError(name, "a bigint of 64 bits or a valid date", got, "check what made it");
}

function isScalar(value: unknown): value is ScalarParameter {
  const type = typeof value;
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return value === null || ["string", "number", "boolean"].includes(type);
}

/** Whole numbers that a number holds go with fractions; beyond them nothing goes with another type. */
function isOfOneType(values: readonly ScalarParameter[]): boolean {
  const present = values.filter((value) => value !== null);
  const types = new Set(
    present.map((value) => (typeof value === "bigint" ? "number" : typeof value)),
  );
  if (types.size > 1) return false;
  const areWhole = present.every(
    (value) => typeof value === "bigint" || Number.isSafeInteger(value),
  );
  return areWhole || present.every((value) => typeof value !== "bigint" || isSafe(value));
}

function isSafe(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : typeof value;
}

function parameterError(
  name: string,
  expected: string,
  got: string,
  hint = "a frame is a table: name it without the $",
): HexError {
  return expectation("HEX_CELL_FAILED", { place: `$${name} of the query`, expected, got, hint });
}

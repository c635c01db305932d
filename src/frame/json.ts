import { batchOf } from "./column/column-data.ts";
import { dateText } from "./column/moment.ts";
import type { AnyFrame } from "./frame.ts";
import type { Schema, Value } from "./schema.ts";

/** A value as JSON keeps it. */
export type JsonScalar = string | number | boolean | null;

/** A row as JSON keeps it. */
export type JsonRow = Readonly<Record<string, JsonScalar>>;

/**
 * The first rows as JSON keeps them: a bigint as its digits, an instant as its ISO text, NaN and
 * the infinities as "NaN", "INF" and "-INF", −0 as "-0", missing as null.
 */
export function headRows(frame: AnyFrame, limit: number): JsonRow[] {
  const head = frame.numRows > limit ? frame.head(limit) : frame;
  const columns = head.columns();
  return Array.from({ length: head.numRows }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, data }) => [name, toJsonScalar(batchOf(data).at(row))]),
    ),
  );
}

/**
 * The whole frame as JSON keeps it: the schema, and each row as an object. A bigint is its digits,
 * an instant its ISO text, NaN, the infinities and −0 are "NaN", "INF", "-INF" and "-0", missing is null.
 * @example
 * frameToJson(frame([{ city: "Ulm", total: 3n }])).rows; // → [{ city: "Ulm", total: "3" }]
 */
export function frameToJson(frame: AnyFrame): { schema: Schema; rows: JsonRow[] } {
  return { schema: frame.schema, rows: headRows(frame, frame.numRows) };
}

/** A value as JSON keeps it. */
export function toJsonScalar(value: Value): JsonScalar {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Date) return dateText(value);
  return typeof value === "number" ? toJsonNumber(value) : value;
}

/** A number as JSON keeps it: NaN, the infinities and −0 by their names. */
export function toJsonNumber(value: number): number | string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  return Object.is(value, -0) ? "-0" : value;
}

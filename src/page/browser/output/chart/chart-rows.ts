import type { JsonRow, JsonScalar } from "../../../../frame/json.ts";
import { ownValue } from "../../../../frame/own-value.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";

/** A value as charts compute with it. @internal */
export type ChartValue = string | number | boolean | null;

export type ChartRow = Record<string, ChartValue>;

/** Rows as charts compute with them; columns in `times` become moments. */
export function chartRows(
  rows: readonly JsonRow[],
  schema: Schema,
  times: ReadonlySet<string>,
): ChartRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      schema.map(({ name, type }) => [
        name,
        chartValue(ownValue(row, name) ?? null, type, times.has(name)),
      ]),
    ),
  );
}

/** One value of a column; what no axis can show, such as an infinity, is missing. @internal */
export function chartValue(value: JsonScalar, type: ColumnType, isTime: boolean): ChartValue {
  if (value === null) return null;
  switch (type) {
    case "number":
    case "integer":
    case "bigint":
      return toNumber(value);
    case "date":
    case "datetime":
    case "instant":
      return isTime ? toMoment(String(value)) : value;
    case "string":
    case "boolean":
      return value;
  }
}

function toNumber(value: JsonScalar): number | null {
  if (value === "NaN") return Number.NaN;
  if (value === "INF" || value === "-INF") return null;
  return Number(value);
}

/** A day or a time without a zone is meant where the viewer is, as axes are labelled there. */
function toMoment(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T00:00:00` : text);
}

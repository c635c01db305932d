import type { JsonRow, JsonValue } from "../../../../frame/json.ts";
import { ownValue } from "../../../../frame/own-value.ts";
import type { Schema } from "../../../../frame/schema.ts";

/** Rows as spreadsheets take them from the clipboard: tabs between values, a row a line. */
export function tsvText(schema: Schema, rows: readonly JsonRow[], withNames: boolean): string {
  const names = schema.map(({ name }) => name);
  const lines = rows.map((row) => names.map((name) => tsvValue(ownValue(row, name) ?? null)));
  return (withNames ? [names.map(tsvValue), ...lines] : lines)
    .map((line) => line.join("\t"))
    .join("\n");
}

/** A value as it is; missing as nothing. What has a tab or a line break in it is quoted. */
function tsvValue(value: JsonValue): string {
  if (value === null) return "";
  const text = String(value);
  return /[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

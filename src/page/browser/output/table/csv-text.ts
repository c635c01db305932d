import type { JsonRow, JsonValue } from "../../../../frame/json.ts";
import type { Schema } from "../../../../frame/schema.ts";
import { toSpreadsheetText } from "../../../../frame/spreadsheet-text.ts";

/** Rows as a CSV file to be opened by people: no spreadsheet takes a text in it for a formula. */
export function csvText(schema: Schema, rows: readonly JsonRow[]): string {
  const head = schema.map(({ name }) => quoted(name)).join(",");
  const lines = rows.map((row) =>
    schema.map(({ name, type }) => csvValue(row[name] ?? null, type === "string")).join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
}

function csvValue(value: JsonValue, isText: boolean): string {
  if (value === null) return "";
  return isText ? quoted(String(value)) : String(value);
}

function quoted(text: string): string {
  return `"${toSpreadsheetText(text).replaceAll('"', '""')}"`;
}

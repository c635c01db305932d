import type { JsonRow, JsonValue } from "../../../../frame/json.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import { toSpreadsheetText } from "../../../../frame/spreadsheet-text.ts";

/** Rows as a CSV file to be opened by people: no spreadsheet takes a text in it for a formula. */
export function csvText(schema: Schema, rows: readonly JsonRow[]): string {
  const head = schema.map(({ name }) => quoted(name)).join(",");
  const columns = schema.map(({ name, type }) => fieldsOf(type, rows, name));
  const lines = rows.map((_, row) => columns.map((fields) => fields[row]).join(","));
  return `${[head, ...lines].join("\n")}\n`;
}

function fieldsOf(type: ColumnType, rows: readonly JsonRow[], name: string): string[] {
  const values = rows.map((row) => row[name] ?? null);
  const toField = toFieldOf(type, values);
  return values.map((value) => (value === null ? "" : toField(String(value))));
}

function toFieldOf(type: ColumnType, values: readonly JsonValue[]): (text: string) => string {
  switch (type) {
    case "string":
      return quoted;
    case "number":
      return (text) => text.replace("INF", "inf");
    case "datetime":
    case "instant": {
      const digits = values.reduce<number>((most, value) => Math.max(most, neededDigits(value)), 0);
      return (text) => withDigits(text, digits);
    }
    default:
      return (text) => text;
  }
}

const TIME = /^(.{19})(?:\.(\d+))?(Z?)$/;

/** How many digits of a second a time needs: as in the CSV of frames, a column has one form. */
function neededDigits(value: JsonValue): number {
  const fraction = TIME.exec(String(value))?.[2]?.replace(/0+$/, "") ?? "";
  return Math.ceil(fraction.length / 3) * 3;
}

function withDigits(text: string, digits: number): string {
  const [, seconds = text, fraction = "", end = ""] = TIME.exec(text) ?? [];
  return `${seconds}${digits === 0 ? "" : `.${fraction.slice(0, digits).padEnd(digits, "0")}`}${end}`;
}

function quoted(text: string): string {
  return `"${toSpreadsheetText(text).replaceAll('"', '""')}"`;
}

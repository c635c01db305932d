import type { JsonRow, JsonScalar } from "../../../../frame/json.ts";
import { ownValue } from "../../../../frame/own-value.ts";
import type { ColumnType, Schema } from "../../../../frame/schema.ts";
import { toSpreadsheetText } from "../../../../frame/spreadsheet-text.ts";

const SPECIAL_NUMBERS: Readonly<Record<string, string>> = { INF: "∞", "-INF": "−∞" };

/** A value as a table shows it: numbers in their shortest form, instants in the viewer's time. */
export function cellText(value: JsonScalar, type: ColumnType): string {
  if (value === null) return "–";
  switch (type) {
    case "number":
      return SPECIAL_NUMBERS[String(value)] ?? String(value);
    case "datetime":
      return String(value).replace("T", " ");
    case "instant":
      return instantText(String(value));
    case "string":
      // a table's row is one line
      return String(value).replace(/[\r\n\u2028\u2029]+/g, " ⏎ ");
    case "integer":
    case "bigint":
    case "boolean":
    case "date":
      return String(value);
  }
}

/** Whether values of a column stand to the right, so that digits are under digits. */
export function isNumeric(type: ColumnType): boolean {
  return type === "number" || type === "integer" || type === "bigint";
}

/** An instant as date and time where the viewer is, as fine as it is written: to .sss or .ssssss. */
export function instantText(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  const fraction = /\.\d+/.exec(iso)?.[0] ?? "";
  return `${day} ${time}${Number(fraction) === 0 ? "" : fraction}`;
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}

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

function toFieldOf(type: ColumnType, values: readonly JsonScalar[]): (text: string) => string {
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
function neededDigits(value: JsonScalar): number {
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

/** Rows as spreadsheets take them from the clipboard: tabs between values, a row a line. */
export function tsvText(schema: Schema, rows: readonly JsonRow[], withNames: boolean): string {
  const names = schema.map(({ name }) => name);
  const lines = rows.map((row) => names.map((name) => tsvValue(ownValue(row, name) ?? null)));
  return (withNames ? [names.map(tsvValue), ...lines] : lines)
    .map((line) => line.join("\t"))
    .join("\n");
}

/** A value as it is; missing as nothing. One with a tab or a line break is quoted. */
function tsvValue(value: JsonScalar): string {
  if (value === null) return "";
  const text = String(value);
  return /[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

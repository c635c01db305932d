import type { JsonValue } from "../../../../frame/json.ts";
import type { ColumnType } from "../../../../frame/schema.ts";

const SPECIAL_NUMBERS: Readonly<Record<string, string>> = { INF: "∞", "-INF": "−∞" };

/** A value as a table shows it: numbers in their shortest form, instants in the viewer's time. */
export function cellText(value: JsonValue, type: ColumnType): string {
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

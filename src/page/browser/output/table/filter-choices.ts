import type { FilterTest, RowFilter } from "../../../../frame/rows/row-filter.ts";
import type { ColumnType } from "../../../../frame/schema.ts";
import { instantText } from "./cell-text.ts";

/** What each test is called. */
export const TEST_NAMES: Readonly<Record<FilterTest, string>> = {
  contains: "contains",
  equals: "is",
  "at-least": "is at least",
  "at-most": "is at most",
  missing: "is missing",
  present: "is present",
};

/** The tests that make sense for the values of a column. */
export function testsOf(type: ColumnType): readonly FilterTest[] {
  if (type === "string") return ["contains", "equals", "missing", "present"];
  if (type === "boolean") return ["equals", "missing", "present"];
  return ["equals", "at-least", "at-most", "missing", "present"];
}

/** Whether a test compares with a value. */
export function needsValue(test: FilterTest): boolean {
  return test !== "missing" && test !== "present";
}

/** What a browser's own control asks for. */
export function controlOf(type: ColumnType): "text" | "number" | "date" | "datetime" | "boolean" {
  switch (type) {
    case "date":
    case "boolean":
      return type;
    case "datetime":
    case "instant":
      return "datetime";
    case "number":
    case "integer":
    case "bigint":
      return "number";
    case "string":
      return "text";
  }
}

/** The value of a control as filters have it: an instant is typed in the viewer's own time. */
export function typedValue(type: ColumnType, typed: string): string {
  if (type !== "instant" || typed === "") return typed;
  const date = new Date(typed);
  if (Number.isNaN(date.getTime())) return typed;
  const iso = date.toISOString();
  // to the minute stands for the whole minute
  return /T\d\d:\d\d$/.test(typed) ? `${iso.slice(0, 16)}Z` : iso;
}

/** A filter in words: "method contains “transit”". */
export function filterText({ column, test, value = "" }: RowFilter, type: ColumnType): string {
  if (!needsValue(test)) return `${column} ${TEST_NAMES[test]}`;
  const shown = type === "instant" ? instantText(value).replace(/:00$/, "") : value;
  const said = controlOf(type) === "text" ? `“${shown}”` : shown.replace("T", " ");
  return `${column} ${TEST_NAMES[test]} ${said}`;
}

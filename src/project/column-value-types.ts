import type { ColumnType } from "../frame/schema.ts";

/** The TypeScript type of each column type's values. */
export const VALUE_TYPES: Readonly<Record<ColumnType, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  bigint: "bigint",
  boolean: "boolean",
  date: "string",
  datetime: "string",
  instant: "Date",
};

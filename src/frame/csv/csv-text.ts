import type { Column } from "../schema.ts";

/** The sign for a missing value in a frame of one column: many readers drop blank lines. */
export const LONE_MISSING = "NA";

/** The header line of a frame's CSV: every name quoted. */
export function csvHeader(schema: readonly Pick<Column, "name">[]): string {
  return `${schema.map(({ name }) => quoteField(name)).join(",")}\n`;
}

/** A text as a quoted CSV field. */
function quoteField(text: string): string {
  return text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`;
}

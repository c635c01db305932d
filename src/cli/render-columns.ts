import { toShownWord } from "./terminal.ts";

/** Lines of words set in columns: two spaces between, the last column ragged. */
export function renderColumns(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(toShownWord));
  const widths = (shown[0] ?? []).map((_, column) =>
    shown.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return shown
    .map((row) => `  ${row.map((word, column) => word.padEnd(widths[column] ?? 0)).join("  ")}`)
    .map((line) => line.trimEnd())
    .join("\n");
}

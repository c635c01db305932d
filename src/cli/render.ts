import type { CellRecord } from "../run/history/run-record.ts";
import { toShownWord } from "./terminal.ts";

/** Rows of words as aligned columns, two spaces apart. */
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

/** The status of a cell in a table: `kept · version 4`. */
export function renderStatus({ status, keptSince }: CellRecord): string {
  return keptSince === undefined ? status : `${status} · version ${keptSince}`;
}

/** How long a cell took; nothing for one that did not run. */
export function renderElapsed({ status, elapsedMs }: CellRecord): string {
  const hasRun = status !== "pruned" && status !== "skipped";
  return hasRun ? formatMs(elapsedMs).padStart(8) : "";
}

/** Values by name, as a table shows them: `method="Transit" year=2009`. */
export function renderValues(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(" ");
}

/** An elapsed time: `840 ms`, `9,500 ms`, `12.5 s`. */
export function formatMs(elapsedMs: number): string {
  return elapsedMs < 10_000
    ? `${elapsedMs.toLocaleString("en")} ms`
    : `${(elapsedMs / 1_000).toFixed(1)} s`;
}

/** An instant in UTC: `2026-01-31 12:00:00`. */
export function formatInstant(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}

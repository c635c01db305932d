import type { CellRecord } from "../run/history/run-record.ts";
import { formatMs } from "./format-time.ts";

/** What became of a cell, as a table tells it: `kept · version 4`. */
export function renderStatus({ status, keptSince }: CellRecord): string {
  return keptSince === undefined ? status : `${status} · version ${keptSince}`;
}

/** How long a cell took; nothing for one that did not run. */
export function renderElapsed({ status, elapsedMs }: CellRecord): string {
  const hasRun = status !== "pruned" && status !== "skipped";
  return hasRun ? formatMs(elapsedMs).padStart(8) : "";
}

import type { Frame } from "../frame/frame.ts";
import { headRows, type JsonRow } from "../frame/json.ts";
import type { CellOutput } from "./cell-output.ts";

/** How much of what a cell shows a page gets at first. */
export interface PageLimits {
  readonly tableRows: number;
  readonly chartRows: number;
  /** of the rows as JSON, in characters; the rows that come after it are left out */
  readonly rowsLength: number;
}

export const PAGE_LIMITS: PageLimits = {
  tableRows: 100,
  chartRows: 5_000,
  rowsLength: 2 * 2 ** 20,
};

/** Rows are turned into JSON so many at once, so that few are in vain when they are long. */
const STEP_ROWS = 50;

/**
 * What a cell shows as a page needs it: a table with its first rows, a chart with all rows that it
 * draws, up to the limits. `rows` tells how many there are.
 */
export function toPageOutput(
  output: CellOutput,
  frame: Frame | undefined,
  { tableRows, chartRows, rowsLength }: PageLimits = PAGE_LIMITS,
): CellOutput {
  if (frame === undefined || (output.kind !== "frame" && output.kind !== "chart")) return output;
  const count = output.kind === "chart" ? chartRows : tableRows;
  return { ...output, head: firstRows(frame, Math.min(count, frame.numRows), rowsLength) };
}

function firstRows(frame: Frame, count: number, length: number): JsonRow[] {
  // Being shown is no reading: a page does without a column that is gone.
  const shown = frame.watched(() => undefined).head(count);
  const rows: JsonRow[] = [];
  let left = length;
  for (let start = 0; start < count; start += STEP_ROWS) {
    const step = shown.slice(start, start + STEP_ROWS);
    for (const row of headRows(step, STEP_ROWS)) {
      left -= JSON.stringify(row).length + 1;
      if (left < 0) return rows;
      rows.push(row);
    }
  }
  return rows;
}

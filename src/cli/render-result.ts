import { renderTable } from "../frame/terminal-table.ts";
import type { CellOutput, FrameOutput } from "../run/cell-output.ts";
import type { CellResult, RunResult } from "../run/run-event.ts";
import { formatCount } from "../text.ts";
import { formatMs, renderColumns, renderElapsed, renderStatus } from "./render.ts";
import { toShownWord } from "./terminal.ts";

/** A finished run for a person: the output of each cell in file order, then a summary. */
export async function renderResult(
  name: string,
  titles: ReadonlyMap<string, string>,
  result: RunResult,
): Promise<string> {
  const sections: string[] = [];
  for (const cell of result.cells) {
    const shown = await renderCell(titles.get(cell.name) ?? cell.name, cell);
    if (shown !== undefined) sections.push(shown);
  }
  const summary = [renderHeadline(name, result), renderColumns(result.cells.map(toSummaryRow))];
  return [...sections, summary.join("\n")].join("\n\n");
}

function renderHeadline(name: string, result: RunResult): string {
  const version = result.version === null ? "" : `, version ${result.version}`;
  return `${toShownWord(name)}: ${result.context} run ${result.status} in ${formatMs(result.elapsedMs)}${version}`;
}

function toSummaryRow(cell: CellResult): readonly string[] {
  const { name, output, error } = cell;
  const told = error === undefined ? summarise(output) : error.message;
  return [name, renderStatus(cell), renderElapsed(cell), told];
}

function summarise(output: CellOutput | undefined): string {
  switch (output?.kind) {
    case undefined:
    case "markdown":
    case "json":
      return "";
    case "value":
      return formatValue(output.value);
    case "frame":
      return formatShape(output);
    case "chart":
      return `chart over ${formatShape(output)}`;
  }
}

async function renderCell(title: string, { output }: CellResult): Promise<string | undefined> {
  switch (output?.kind) {
    case undefined:
      return undefined;
    case "markdown":
      return output.markdown.trim();
    case "value":
      return `${toShownWord(title)}: ${formatValue(output.value)}`;
    case "json":
      return `${toShownWord(title)}\n${JSON.stringify(output.json, null, 2)}`;
    case "frame":
      return `${toShownWord(title)}: ${formatShape(output)}\n${await renderHead(output)}`;
    case "chart":
      return `${toShownWord(title)}: a chart over ${formatShape(output)}\n${await renderHead(output)}`;
  }
}

/** Rows of a table that are printed. */
const ROWS_SHOWN = 10;

function renderHead({ rows, columns, head }: Omit<FrameOutput, "kind">): Promise<string> {
  return renderTable({ columns, rows, head }, { maxRows: ROWS_SHOWN });
}

function formatShape({ rows, columns }: { rows: number; columns: readonly unknown[] }): string {
  return `${formatCount(rows, "row")} × ${formatCount(columns.length, "column")}`;
}

function formatValue(value: string | number | boolean | null): string {
  if (value === null) return "missing";
  const isFraction = typeof value === "number" && !Number.isInteger(value);
  return isFraction ? String(Number(value.toPrecision(7))) : String(value);
}

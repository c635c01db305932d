import { csvBlocks } from "../../frame/csv-write.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { toSpreadsheetText } from "../../frame/spreadsheet-text.ts";
import type { TableRows } from "../../frame/table-rows.ts";
import type { Redact } from "../redact.ts";
import type { CsvBlock } from "./light-order.ts";

/** About so long is a block, in characters. */
const BLOCK_LENGTH = 2 ** 20;
/** Rows are written so many at once: their values may be long. */
const STEP_ROWS = 500;

/** One block of a table's CSV for people, who open it in a spreadsheet: no text is a formula there. */
export function toCsvBlock(rows: TableRows, start: number, redact: Redact): CsvBlock {
  const header = toText(rows.slice(0, 0));
  let csv = start === 0 ? header : "";
  let row = start;
  while (row < rows.numRows && csv.length < BLOCK_LENGTH) {
    const end = Math.min(row + STEP_ROWS, rows.numRows);
    csv += toText(rows.slice(row, end)).slice(header.length);
    row = end;
  }
  return { csv: redact(csv), next: row < rows.numRows ? row : null };
}

function toText(frame: AnyFrame): string {
  const blocks = csvBlocks(frame, { toText: toSpreadsheetText });
  return Buffer.concat([...blocks]).toString("utf8");
}

import { csvBlocks } from "../../frame/csv-write.ts";
import type { AnyFrame } from "../../frame/frame.ts";
import { toSpreadsheetText } from "../../frame/spreadsheet-text.ts";
import type { TableRows } from "../../frame/table-rows.ts";
import type { Redact } from "../redact.ts";
import type { CsvBlock } from "./light-order.ts";

/** About so long is a block, in characters. */
const BLOCK_LENGTH = 2 ** 20;
/** Rows are written so many at once, first and at most: their values may be long. */
const FIRST_ROWS = 250;
const MOST_ROWS = 8_000;

/** One block of a table's CSV for people, who open it in a spreadsheet: no text is a formula there. */
export function toCsvBlock(rows: TableRows, start: number, redact: Redact): CsvBlock {
  const header = toText(rows.slice(0, 0));
  let csv = start === 0 ? header : "";
  let row = start;
  let step = FIRST_ROWS;
  while (row < rows.numRows && csv.length < BLOCK_LENGTH) {
    const end = Math.min(row + step, rows.numRows);
    csv += toText(rows.slice(row, end)).slice(header.length);
    row = end;
    // As many more as there is room for, as far as those before tell.
    const rowLength = csv.length / (row - start);
    step = Math.ceil(Math.min((BLOCK_LENGTH - csv.length) / rowLength, 8 * step, MOST_ROWS));
  }
  return { csv: redact(csv), next: row < rows.numRows ? row : null };
}

function toText(frame: AnyFrame): string {
  const blocks = csvBlocks(frame, { toText: toSpreadsheetText });
  return Buffer.concat([...blocks]).toString("utf8");
}

import { arrowBlocks } from "../../frame/arrow/arrow-write.ts";
import { csvBlocks } from "../../frame/csv/write/csv-write.ts";
import type { Frame } from "../../frame/frame.ts";
import { JsonRows } from "../../frame/json-rows.ts";
import { toSpreadsheetText } from "../../frame/spreadsheet-text.ts";
import type { CellOutput } from "../../run/cell-output.ts";
import { cutBlocks } from "../send.ts";

export const OUTPUT_FORMATS = ["json", "csv", "arrow"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Which rows of a frame are asked for. */
interface RowSpan {
  readonly offset: number;
  /** undefined: all that follow */
  readonly limit: number | undefined;
}

export interface OutputRequest extends RowSpan {
  readonly format: OutputFormat;
  /** whether texts are written so that no spreadsheet takes them for formulas */
  readonly isForSpreadsheet: boolean;
}

/** So much is made at once, so that other requests are answered in between. */
const BLOCK_LENGTH = 2 ** 15;
const ROWS_AT_ONCE = 100;
/** The most values of a JSON page: what has more columns has fewer rows. */
const PAGE_VALUES = 500_000;
const PAGE_ROWS = 1_000;

/** The rows of a frame that are asked for, in blocks. */
export function outputBlocks(
  frame: Frame,
  output: CellOutput,
  { format, isForSpreadsheet, ...span }: OutputRequest,
): Iterable<Uint8Array> {
  switch (format) {
    case "json":
      return jsonBlocks(frame, output, span);
    case "csv": {
      const texts = isForSpreadsheet ? { toText: toSpreadsheetText } : {};
      const part = cutRows(frame, span);
      return csvBlocks(part, { blockLength: BLOCK_LENGTH, whole: frame, ...texts });
    }
    case "arrow":
      return cutBlocks(arrowBlocks(cutRows(frame, span), "file"), BLOCK_LENGTH);
  }
}

function* jsonBlocks(frame: Frame, output: CellOutput, { offset, limit = PAGE_ROWS }: RowSpan) {
  const { numRows: totalRows, schema: columns } = frame;
  const next = Math.min(offset + Math.min(limit, mostRows(frame)), totalRows);
  const nextOffset = next < totalRows ? next : null;
  const spec = output.kind === "chart" ? { spec: output.spec } : {};
  const head = { kind: output.kind, ...spec, columns, totalRows, offset, nextOffset };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"rows":[`);
  const rows = new JsonRows(frame);
  for (let row = offset; row < next; row += ROWS_AT_ONCE) {
    const text = rows.text(row, Math.min(row + ROWS_AT_ONCE, next));
    yield Buffer.from(row === offset ? text : `,${text}`);
  }
  yield Buffer.from("]}");
}

function mostRows({ numColumns }: Frame): number {
  return Math.max(1, Math.floor(PAGE_VALUES / numColumns));
}

function cutRows(frame: Frame, { offset, limit }: RowSpan): Frame {
  const { numRows } = frame;
  if (offset === 0 && (limit === undefined || limit >= numRows)) return frame;
  return frame.slice(offset, limit === undefined ? numRows : offset + limit);
}

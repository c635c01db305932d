import { expectation, HexError } from "../../errors.ts";
import { csvBlocks } from "../../frame/csv-write.ts";
import type { Frame } from "../../frame/frame.ts";
import { joinBytes } from "../../frame/join-bytes.ts";
import { headRows } from "../../frame/json.ts";
import { toSpreadsheetText } from "../../frame/spreadsheet-text.ts";
import { type TableRows, toTableRows } from "../../frame/table-rows.ts";
import type { RowsAnswer } from "../../run/light/light-ask.ts";
import type { NotebookReport, RowsAsked, RowsOrder } from "./notebook-messages.ts";

/** The whole frames that a notebook's cells show, for those who look further than their first rows. */
export class ShownRows {
  readonly #frames = new Map<string, Frame>();
  /** the rows that were asked for last, since more of them are asked for next */
  #last: { readonly frame: Frame; readonly wish: string; readonly rows: TableRows } | undefined;

  /** Notes what a cell shows now; undefined for what has no rows. */
  show(cell: string, frame: Frame | undefined): void {
    // Being shown is no reading.
    if (frame === undefined) this.#frames.delete(cell);
    else
      this.#frames.set(
        cell,
        frame.watched(() => undefined),
      );
    if (this.#last?.frame !== frame) this.#last = undefined;
  }

  answer({ id, type, ...order }: RowsAsked): NotebookReport {
    try {
      const rows = this.#find(order);
      const answer = type === "rows" ? toRowsAnswer(rows, order) : toCsv(rows, order);
      return { type: "asked-answered", id, answer };
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      const { code, message } = thrown;
      return { type: "asked-refused", id, error: { code, message } };
    }
  }

  #find({ cell, sort, filters }: RowsOrder): TableRows {
    const frame = this.#frames.get(cell);
    if (frame === undefined) {
      throw expectation("HEX_OUTPUT_UNKNOWN", {
        place: "the cell",
        expected: "one that shows a table or a chart",
        got: JSON.stringify(cell),
      });
    }
    const wish = JSON.stringify([sort, filters]);
    if (this.#last?.frame === frame && this.#last.wish === wish) return this.#last.rows;
    const rows = toTableRows(frame, { sort, filters });
    this.#last = { frame, wish, rows };
    return rows;
  }
}

function toRowsAnswer(rows: TableRows, { offset, limit }: RowsOrder): RowsAnswer {
  const head = headRows(rows.slice(offset, offset + limit), limit);
  return { rows: rows.numRows, offset, head };
}

/** Some rows as CSV that spreadsheets may open; the first of them after the header. */
function toCsv(rows: TableRows, { offset, limit }: RowsOrder): string {
  const toBytes = (start: number, end: number) =>
    joinBytes([...csvBlocks(rows.slice(start, end), { toText: toSpreadsheetText })]);
  const bytes = toBytes(offset, offset + limit);
  const header = offset === 0 ? 0 : toBytes(0, 0).length;
  return new TextDecoder().decode(bytes.subarray(header));
}

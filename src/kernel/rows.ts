import { csvBlocks } from "../frame/csv/write/csv-write.ts";
import type { AnyFrame, Frame } from "../frame/frame.ts";
import { headRows, type JsonRow } from "../frame/json.ts";
import { toSpreadsheetText } from "../frame/spreadsheet-text.ts";
import { type RowsWish, type TableRows, toTableRows } from "../frame/table-rows.ts";
import type { FrameOutput } from "../run/cell-output.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CsvRequest, RowsAnswer, RowsRequest } from "./evaluation.ts";
import type { CsvAnswer } from "./request.ts";

/**
 * Gives the whole frame that a cell shows in an evaluation.
 * @throws {HexError} HEX_OUTPUT_GONE, HEX_OUTPUT_UNKNOWN
 */
export type FindShown = (ask: CsvRequest) => Frame | Promise<Frame>;

/** At most so many rows are told at once. */
const MOST_ROWS = 1_000;

/** Answers for rows of what cells show; no cell runs for them. */
export class RowsReader {
  readonly #find: FindShown;
  readonly #last = new LastRows();

  constructor(find: FindShown) {
    this.#find = find;
  }

  /** Some rows, as JSON. @throws {HexError} as `FindShown` and `toTableRows` */
  async rows(ask: RowsRequest, redact: Redact): Promise<string> {
    const { rows, texts } = this.#last.find(await this.#find(ask), ask);
    const offset = Math.max(0, ask.offset);
    const limit = Math.min(Math.max(0, ask.limit), MOST_ROWS);
    return texts.find(`${offset} ${limit}`, () => {
      const part = rows.slice(offset, offset + limit);
      return JSON.stringify({
        rows: rows.numRows,
        offset,
        head: redactedRows(part, limit, redact),
      } satisfies RowsAnswer);
    });
  }

  /** One block of a CSV, as JSON. @throws {HexError} as `rows` */
  async csv(ask: CsvRequest, start: number, redact: Redact): Promise<string> {
    const { frame, rows } = this.#last.find(await this.#find(ask), ask);
    return JSON.stringify(toCsvBlock(rows, start, (part) => toCsv(part, frame, redact)));
  }
}

/** So many of what was made last stay in memory: who scrolls asks for the same again. */
const HELD = 8;

interface HeldRows {
  readonly frame: Frame;
  readonly wish: string;
  readonly rows: TableRows;
  readonly texts: LastTexts;
}

/** The rows of tables that were asked for last. */
class LastRows {
  #held: readonly HeldRows[] = [];

  /** @throws {HexError} as `toTableRows` */
  find(frame: Frame, { sort, filters = [] }: RowsWish): HeldRows {
    const wish = JSON.stringify([sort, filters]);
    const known = this.#held.find((each) => each.frame === frame && each.wish === wish);
    const found = known ?? {
      ...{ frame, wish },
      rows: toTableRows(frame, { sort, filters }),
      texts: new LastTexts(),
    };
    this.#held = [found, ...this.#held.filter((each) => each !== found)].slice(0, HELD);
    return found;
  }
}

/** The parts of a table that were written last, as JSON. */
class LastTexts {
  readonly #held = new Map<string, string>();

  find(part: string, write: () => string): string {
    const text = this.#held.get(part) ?? write();
    this.#held.delete(part);
    this.#held.set(part, text);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD && oldest !== undefined) this.#held.delete(oldest);
    return text;
  }
}

/** About so long is a block, in characters. */
const BLOCK_LENGTH = 2 ** 20;
/** Rows are written so many at once, first and at most: their values may be long. */
const FIRST_ROWS = 250;
const MOST_ROWS_AT_ONCE = 8_000;

/** One block of a table's CSV for people, who open it in a spreadsheet: no text is a formula there. */
function toCsvBlock(rows: TableRows, start: number, toText: (part: AnyFrame) => string): CsvAnswer {
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
    const fitting = (BLOCK_LENGTH - csv.length) / rowLength;
    step = Math.ceil(Math.min(fitting, 8 * step, MOST_ROWS_AT_ONCE));
  }
  return { csv, next: row < rows.numRows ? row : null };
}

function redactedRows(frame: AnyFrame, limit: number, redact: Redact): readonly JsonRow[] {
  const { numRows: rows, schema: columns } = frame;
  const output: FrameOutput = { kind: "frame", rows, columns, head: headRows(frame, limit) };
  return redact(output, "output").head;
}

/** @param whole the frame that the rows were taken from: the times of all blocks have one form */
function toCsv(frame: AnyFrame, whole: AnyFrame, redact: Redact): string {
  // Names of columns and texts go the same way; a run looks at names before they are shown.
  const names = new Set(frame.schema.map(({ name }) => name));
  const toText = (text: string) =>
    toSpreadsheetText(names.has(text) ? text : redact(text, "value"));
  const blocks = csvBlocks(frame, { toText, whole });
  return Buffer.concat([...blocks]).toString("utf8");
}

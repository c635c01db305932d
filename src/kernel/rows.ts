import { LRUCache } from "lru-cache";
import { csvBlocks } from "../frame/csv/write/csv-write.ts";
import type { AnyFrame, Frame } from "../frame/frame.ts";
import { headRows, type JsonRow } from "../frame/json.ts";
import { type TableRows, toTableRows } from "../frame/rows/table-rows.ts";
import { toSpreadsheetText } from "../frame/spreadsheet-text.ts";
import type { FrameOutput } from "../run/cell-output.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CsvRequest, RowsAnswer, RowsRequest } from "./evaluation.ts";
import type { CsvAnswer } from "./request.ts";

/**
 * Finds the whole frame that a cell shows in an evaluation.
 * @throws {HexError} HEX_OUTPUT_GONE, HEX_OUTPUT_UNKNOWN
 */
type FindShown = (query: CsvRequest) => Frame | Promise<Frame>;

/** Most rows of one answer. */
const MOST_ROWS = 1_000;

/** A reader who scrolls reads the same tables, and the same parts of them, again. */
const CACHED = { max: 8 };

interface ArrangedTable {
  readonly frame: Frame;
  readonly rows: TableRows;
  /** parts of it as JSON, by offset and limit */
  readonly texts: LRUCache<string, string>;
}

/** Reads rows of the tables that cells show; no cell runs for them. */
export class RowsReader {
  readonly #find: FindShown;
  readonly #tables = new LRUCache<string, ArrangedTable>(CACHED);
  readonly #ids = new WeakMap<Frame, number>();
  #lastId = 0;

  constructor(find: FindShown) {
    this.#find = find;
  }

  /** Some rows, as JSON. @throws {HexError} as `FindShown` and `toTableRows` */
  async rows(query: RowsRequest, redact: Redact): Promise<string> {
    const { rows, texts } = await this.#arrange(query);
    const offset = Math.max(0, query.offset);
    const limit = Math.min(Math.max(0, query.limit), MOST_ROWS);
    const part = `${offset} ${limit}`;
    const known = texts.get(part);
    if (known !== undefined) return known;
    const head = redactedRows(rows.slice(offset, offset + limit), limit, redact);
    const text = JSON.stringify({ rows: rows.numRows, offset, head } satisfies RowsAnswer);
    texts.set(part, text);
    return text;
  }

  /** One block of a CSV, as JSON. @throws {HexError} as `rows` */
  async csv(query: CsvRequest, start: number, redact: Redact): Promise<string> {
    const { frame, rows } = await this.#arrange(query);
    return JSON.stringify(toCsvBlock(rows, start, (part) => toCsv(part, frame, redact)));
  }

  async #arrange(query: CsvRequest): Promise<ArrangedTable> {
    const { sort, filters = [] } = query;
    const frame = await this.#find(query);
    const key = JSON.stringify([this.#idOf(frame), sort, filters]);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const rows = toTableRows(frame, { sort, filters });
    const table = { frame, rows, texts: new LRUCache<string, string>(CACHED) };
    this.#tables.set(key, table);
    return table;
  }

  #idOf(frame: Frame): number {
    const id = this.#ids.get(frame) ?? ++this.#lastId;
    this.#ids.set(frame, id);
    return id;
  }
}

/** About the length of a block, in characters. */
const BLOCK_LENGTH = 2 ** 20;
/** So many rows are written at once, first and at most: their values may be long. */
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
    // As many more as there is room for, if they are as long as those before.
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

/** @param whole the frame of the rows: the times of all blocks have one form */
function toCsv(frame: AnyFrame, whole: AnyFrame, redact: Redact): string {
  // Names of columns and texts go the same way; a run looks at names before they are shown.
  const names = new Set(frame.schema.map(({ name }) => name));
  const toText = (text: string) =>
    toSpreadsheetText(names.has(text) ? text : redact(text, "value"));
  const blocks = csvBlocks(frame, { toText, whole });
  return Buffer.concat([...blocks]).toString("utf8");
}

import { LRUCache } from "lru-cache";
import { csvBlocks } from "../frame/csv/write/csv-write.ts";
import type { AnyFrame, Frame } from "../frame/frame.ts";
import { joinBytes } from "../frame/join-bytes.ts";
import { headRows, type JsonRow } from "../frame/json.ts";
import { type TableRows, toTableRows } from "../frame/rows/table-rows.ts";
import { toSpreadsheetText } from "../frame/spreadsheet-text.ts";
import type { FrameOutput } from "../run/cell-output.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CsvRequest, RowsAnswer, RowsRequest } from "./evaluation.ts";

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
  /** whether the rows are others than those of the frame, or in another order */
  readonly isArranged: boolean;
  /** parts of it as JSON, by offset and limit */
  readonly texts: LRUCache<string, string>;
}

/** Of more at once, blocks are made again to find the next. */
const DOWNLOADS_HELD = { max: 8 };

interface Download {
  readonly blocks: Iterator<Uint8Array, void, undefined>;
  /** the block that is made next */
  next: number;
}

const NO_BYTES = new Uint8Array();

/** Reads rows of the tables that cells show; no cell runs for them. */
export class RowsReader {
  readonly #find: FindShown;
  readonly #tables = new LRUCache<string, ArrangedTable>(CACHED);
  readonly #downloads = new LRUCache<string, Download>(DOWNLOADS_HELD);
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

  /**
   * One block of a table's CSV; empty after the last. Who asks for them one after the other has each made
   * once.
   *
   * @param download names those that ask together
   * @throws {HexError} as `rows`
   */
  async csv(
    query: CsvRequest,
    { download, block }: { readonly download: string; readonly block: number },
    redact: Redact,
  ): Promise<Uint8Array> {
    const known = this.#downloads.get(download);
    let going = known?.next === block ? known : undefined;
    if (going === undefined) {
      going = { next: 0, blocks: csvOf(await this.#arrange(query), redact) };
      for (; going.next < block; going.next++) going.blocks.next();
    }
    const made = going.blocks.next();
    going.next += 1;
    if (made.done === true) this.#downloads.delete(download);
    else this.#downloads.set(download, going);
    return made.value ?? NO_BYTES;
  }

  async #arrange(query: CsvRequest): Promise<ArrangedTable> {
    const { sort, filters = [] } = query;
    const frame = await this.#find(query);
    const key = JSON.stringify([this.#idOf(frame), sort, filters]);
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const rows = toTableRows(frame, { sort, filters });
    const isArranged = sort !== undefined || filters.length > 0;
    const table = { frame, rows, isArranged, texts: new LRUCache<string, string>(CACHED) };
    this.#tables.set(key, table);
    return table;
  }

  #idOf(frame: Frame): number {
    const id = this.#ids.get(frame) ?? ++this.#lastId;
    this.#ids.set(frame, id);
    return id;
  }
}

const BLOCK_LENGTH = 2 ** 20;
/** So many rows of a sorted or filtered table are copied at once. */
const ROWS_AT_ONCE = 65_536;

/** A table's CSV for people, who open it in a spreadsheet: no text is a formula there. */
function* csvOf(
  { frame, rows, isArranged }: ArrangedTable,
  redact: Redact,
): Generator<Uint8Array, void, undefined> {
  // Names of columns and texts go the same way; a run looks at names before they are shown.
  const names = new Set(frame.schema.map(({ name }) => name));
  const toText = (text: string) =>
    toSpreadsheetText(names.has(text) ? text : redact(text, "value"));
  // The times of all blocks have one form.
  const toBlocks = (part: AnyFrame) =>
    csvBlocks(part, { toText, whole: frame, blockLength: BLOCK_LENGTH });
  if (!isArranged) return yield* toBlocks(frame);
  const header = joinBytes([...toBlocks(rows.slice(0, 0))]);
  yield header;
  for (let start = 0; start < rows.numRows; start += ROWS_AT_ONCE) {
    let skip = header.length;
    for (const block of toBlocks(rows.slice(start, start + ROWS_AT_ONCE))) {
      // A first row that fills a block by itself leaves the header alone before it.
      if (block.length > skip) yield block.subarray(skip);
      skip = 0;
    }
  }
}

function redactedRows(frame: AnyFrame, limit: number, redact: Redact): readonly JsonRow[] {
  const { numRows: rows, schema: columns } = frame;
  const output: FrameOutput = { kind: "frame", rows, columns, head: headRows(frame, limit) };
  return redact(output, "output").head;
}

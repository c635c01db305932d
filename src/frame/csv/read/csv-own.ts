/** Reads CSV exactly as `csv-write.ts` writes it, and refuses all else: it would hide damage. */
import { expectation, type HexError } from "../../../errors.ts";
import type { FrameColumn } from "../../column/column-data.ts";
import { type Frame, toFrameOf } from "../../frame.ts";
import type { ColumnType, Schema } from "../../schema.ts";
import { type CsvLimits, csvHeader, LONE_MISSING, limitError, toCsvLimits } from "../csv-form.ts";
import {
  BadByteError,
  BlockFeed,
  type ByteSource,
  findBadByte,
  memorySource,
  type TakeRows,
  takeBlocks,
  takeCsvRows,
} from "./csv-blocks.ts";
import { LF, NO_BYTE, QUOTE } from "./csv-dialect.ts";
import { BARE, CsvFields, ESCAPED, RowFaultError } from "./csv-fields.ts";
import { newItems } from "./csv-fixed-items.ts";
import { type CsvBlock, type CsvItems, MissingRows } from "./csv-items.ts";
import { TextItems, WordSet } from "./csv-text-items.ts";

const DIALECT = {
  delimiter: ",".charCodeAt(0),
  lineEnd: LF,
  quote: QUOTE,
  escape: NO_BYTE,
  comment: NO_BYTE,
  isRagged: false,
  isStrict: true,
};

/** How much of a wrong header is told. */
const SHOWN_BYTES = 200;

/** The infinities as they are written, and as they were before. */
const INFINITIES: ReadonlyMap<string, number> = new Map([
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["INF", Number.POSITIVE_INFINITY],
  ["-INF", Number.NEGATIVE_INFINITY],
]);

export interface ReadOwnOptions {
  readonly limits?: Partial<CsvLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** how much is read at a time; 256 KiB unless told */
  readonly blockBytes?: number | undefined;
}

/**
 * Reads our own CSV by its schema.
 * @throws {HexError} HEX_DATA_INVALID naming the row when it is anything else, or beyond a limit
 */
export async function readOwnCsv(
  source: ByteSource,
  schema: Schema,
  { limits, signal, blockBytes }: ReadOwnOptions = {},
): Promise<Frame> {
  const reading = new OwnReading(schema, toCsvLimits(limits), source);
  const take: TakeRows = (bytes, end, isLast) => reading.take(bytes, end, isLast);
  await takeBlocks(source.open(signal), take, blockBytes);
  return reading.end();
}

/** As `readOwnCsv`, of blocks that are there without a wait. */
export function takeOwnCsv(
  source: ByteSource,
  blocks: Iterable<Uint8Array>,
  schema: Schema,
): Frame {
  const reading = new OwnReading(schema, toCsvLimits(), source);
  const feed = new BlockFeed((bytes, end, isLast) => reading.take(bytes, end, isLast));
  for (const block of blocks) feed.add(block);
  feed.end();
  return reading.end();
}

/** As `readOwnCsv`, from bytes. */
export async function parseOwnCsv(
  bytes: Uint8Array,
  schema: Schema,
  options?: ReadOwnOptions,
): Promise<Frame> {
  return readOwnCsv(memorySource(bytes, "the CSV"), schema, options);
}

class OwnReading {
  readonly #schema: Schema;
  readonly #limits: CsvLimits;
  readonly #source: ByteSource;
  readonly #header: Buffer;
  readonly #fields: CsvFields;
  readonly #items: readonly CsvItems[];
  /** how fields of each column may be written at most */
  readonly #mostKinds: Uint8Array;
  #isOpen = false;
  #bytesTaken = 0;

  constructor(schema: Schema, limits: CsvLimits, source: ByteSource) {
    if (schema.length > limits.maxColumns) {
      throw limitError("HEX_DATA_INVALID", "the schema of the CSV", limits, "maxColumns");
    }
    this.#schema = schema;
    this.#limits = limits;
    this.#source = source;
    this.#header = Buffer.from(csvHeader(schema));
    this.#fields = new CsvFields(DIALECT, limits, schema.length);
    this.#mostKinds = Uint8Array.from(schema, ({ type }) => (type === "string" ? ESCAPED : BARE));
    const words = new WordSet(schema.length === 1 ? [LONE_MISSING] : []);
    this.#items = schema.map(({ name, type }) => ownItems(name, type, words));
  }

  take(bytes: Buffer, end: number, isLast: boolean): number {
    const start = this.#isOpen ? 0 : this.#header.length;
    if (end < start && !isLast) return 0;
    this.#checkSize(end);
    if (!this.#isOpen) this.#checkHeader(bytes.subarray(0, end));
    this.#isOpen = true;
    try {
      const range = { start, end, isLast };
      const taken = takeCsvRows(this.#fields, bytes, range, (from, to) => {
        this.#takeColumns(bytes, to - from);
      });
      this.#bytesTaken += taken;
      return taken;
    } catch (error) {
      throw this.#toError(error);
    }
  }

  end(): Frame {
    const rows = this.#fields.rowsBefore + this.#fields.rows;
    const columns = this.#schema.map(({ name, type }, index): FrameColumn => {
      const items = this.#items[index] ?? ownItems(name, type, new WordSet([]));
      items.reserve(rows, rows);
      return { name, type, data: items.toData(rows) };
    });
    return toFrameOf(columns);
  }

  #checkSize(held: number): void {
    if (this.#bytesTaken + held > this.#limits.maxFileBytes) {
      throw limitError("HEX_DATA_INVALID", "the CSV", this.#limits, "maxFileBytes");
    }
  }

  #takeColumns(bytes: Buffer, length: number): void {
    const { rows } = this.#fields;
    const { sizeBytes = 0 } = this.#source;
    const expected = Math.ceil((sizeBytes / Math.max(1, length)) * rows * 1.02);
    const expectedRows = Math.min(expected, this.#limits.maxRows);
    const block = { bytes, fields: this.#fields, expectedRows };
    this.#checkForms(this.#fields);
    for (const [column, items] of this.#items.entries()) this.#takeColumn(block, column, items);
  }

  #takeColumn(block: CsvBlock, column: number, items: CsvItems): void {
    const { rows } = block.fields;
    for (let row = items.read(block, column, 0); row < rows; ) {
      this.#takeOdd(block, column, row);
      row = items.read(block, column, row + 1);
    }
  }

  /** Only texts are quoted; and the only field of a row is never empty, so that no line is blank. */
  #checkForms({ starts, ends, kinds, width, rows }: CsvFields): void {
    const most = this.#mostKinds;
    for (let row = 0, field = 0; row < rows; row++) {
      for (let column = 0; column < width; column++, field++) {
        if ((kinds[field] as number) > (most[column] as number)) {
          throw this.#valueError(row, column, "a quoted field");
        }
      }
    }
    for (let row = 0; row < rows && width === 1; row++) {
      if (kinds[row] === BARE && starts[row] === ends[row]) {
        throw this.#valueError(row, 0, "an empty line");
      }
    }
  }

  #takeOdd({ bytes, fields }: CsvBlock, column: number, row: number): void {
    const field = row * fields.width + column;
    const text = bytes.toString("utf8", fields.starts[field], fields.ends[field]);
    const items = this.#items[column];
    const type = this.#schema[column]?.type ?? "string";
    const value = toOwnValue(type, text);
    if (value !== undefined) items?.put(fields.rowsBefore + row, { kind: "number", value });
    else if (this.#schema.length === 1 && text === LONE_MISSING) {
      items?.missing.add(fields.rowsBefore + row);
    } else throw this.#valueError(row, column, JSON.stringify(text.slice(0, 60)));
  }

  #place(row: number, column: number): string {
    const name = this.#schema[Math.max(0, column)]?.name ?? "";
    return `the CSV at row ${row}, column ${JSON.stringify(name)}`;
  }

  #valueError(blockRow: number, column: number, got: string): HexError {
    return this.#error(this.#fields.rowsBefore + blockRow + 1, column, got);
  }

  #error(row: number, column: number, got: string): HexError {
    const type = this.#schema[Math.max(0, column)]?.type ?? "string";
    const separator = column + 1 < this.#schema.length ? "comma" : "newline";
    const expected = `a field of type ${type} and then a ${separator}`;
    return expectation("HEX_DATA_INVALID", { place: this.#place(row, column), expected, got });
  }

  #toError(error: unknown): unknown {
    if (error instanceof BadByteError) return this.#encodingError(error.at);
    if (!(error instanceof RowFaultError)) return error;
    const { kind, row, column, seen } = error.fault;
    const limit = kind === "long" ? "maxFieldBytes" : kind === "rows" ? "maxRows" : undefined;
    if (limit !== undefined) {
      const place = limit === "maxRows" ? `the CSV at row ${row}` : this.#place(row, column);
      return limitError("HEX_DATA_INVALID", place, this.#limits, limit);
    }
    if (kind === "unclosed") return this.#error(row, column, "a quote that is never closed");
    if (kind === "end" || seen === "") return this.#error(row, column, "the end of the file");
    return this.#error(row, column, JSON.stringify(seen));
  }

  #encodingError(at: number): HexError {
    const { starts, width, rows, rowsBefore } = this.#fields;
    const next = starts.subarray(0, rows * width).findIndex((start) => start > at);
    const field = next < 0 ? rows * width - 1 : next - 1;
    // Bytes after the last whole row are of the row that follows it.
    const isOpen = next < 0 && at > Number(this.#fields.ends[field] ?? 0);
    const row = isOpen ? rowsBefore + rows + 1 : rowsBefore + Math.floor(field / width) + 1;
    const column = isOpen ? width - 1 : Math.max(0, field % width);
    const place = this.#place(row, column);
    return expectation("HEX_DATA_INVALID", { place, expected: "UTF-8", got: "other bytes" });
  }

  #checkHeader(bytes: Buffer): void {
    if (bytes.subarray(0, this.#header.length).equals(this.#header)) return;
    const end = bytes.indexOf(LF);
    const line = bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, SHOWN_BYTES));
    const expected = csvHeader(this.#schema).trimEnd().slice(0, SHOWN_BYTES);
    const place = "the header of the CSV";
    if (findBadByte(line) !== undefined) {
      throw expectation("HEX_DATA_INVALID", { place, expected: "UTF-8", got: "other bytes" });
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(line);
    const got = text.startsWith("\uFEFF") ? "a byte order mark" : JSON.stringify(text);
    throw expectation("HEX_DATA_INVALID", { place, expected, got });
  }
}

function ownItems(name: string, type: ColumnType, words: WordSet): CsvItems {
  const missing = new MissingRows();
  if (type !== "string") return newItems(type, missing, { isOwn: true });
  const place = `column ${JSON.stringify(name)}`;
  const none = new WordSet([]);
  const forms = { quote: QUOTE, escape: NO_BYTE, missing: none, words, place, isOwn: true };
  return new TextItems(missing, forms, false);
}

/** The value of a field in an unusual form; undefined when it is none of its type. */
function toOwnValue(type: ColumnType, text: string): number | bigint | undefined {
  if (type === "number") return toOwnNumber(text);
  if (type !== "integer" && type !== "bigint") return undefined;
  const value = /^(?:0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined) return undefined;
  const isKept = type === "integer" ? Number.isSafeInteger(Number(value)) : isWord(value);
  return isKept ? value : undefined;
}

/** A number in the one form in which it is written. */
function toOwnNumber(text: string): number | undefined {
  const value = INFINITIES.get(text) ?? Number(text);
  if (text === "NaN" || text === "-0" || INFINITIES.has(text)) return value;
  return String(value) === text ? value : undefined;
}

function isWord(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

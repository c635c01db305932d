/**
 * Frames as CSV. The dialect we write, and alone read back strictly: UTF-8 without a byte order
 * mark, comma, a quoted header, one newline after every row; strings always quoted, all else bare;
 * a missing value is a bare empty field, or bare NA in a frame of one column (where a blank line
 * would be dropped by many readers); −0, NaN, inf and −inf are kept, other numbers are the shortest
 * text that reads back the same; the times of a column all have as many digits of a second as the
 * finest of them needs: none, 3 or 6. Types are told by the schema beside the file. Infinity was
 * written INF before, which is read for ever.
 */
import { isUtf8 } from "node:buffer";
import { batchOf, type FrameColumn } from "../../column/column-data.ts";
import type { AnyFrame } from "../../frame.ts";
import { joinBytes } from "../../join-bytes.ts";
import { CSV_LIMITS, csvHeader, LONE_MISSING, limitError } from "../csv-form.ts";
import { NarrowFields, NumberFields } from "./csv-number-fields.ts";
import { TextFields, type TextFieldsOptions } from "./csv-text-fields.ts";
import { DayFields, type FractionDigits, fractionDigits, TimeFields } from "./csv-time-fields.ts";
import { BooleanFields, type ColumnFields } from "./csv-write-fields.ts";

export interface CsvBlocksOptions {
  /** how many bytes a block has at most, unless one row has more; 1 MiB unless told */
  readonly blockLength?: number;
  /** what is written in place of a text; the text itself unless told */
  readonly toText?: (text: string) => string;
  /** the frame that the rows are a part of, whose times they have the form of; unless told, they are all */
  readonly whole?: AnyFrame;
}

const BLOCK_LENGTH = 2 ** 20;
const COMMA = 44;
const NEWLINE = 10;

/** Fields are measured this many at once: enough that a call counts for little, and few enough for the processor's cache. */
const FIELDS_AT_ONCE = 32_768;
const FEWEST_ROWS = 16;
const MOST_ROWS = 4_096;

/**
 * The frame as the CSV that is published of it.
 * @throws {HexError} HEX_FRAME_INVALID for what is beyond the limits of reading
 * @example
 * const bytes = frameToCsv(frame([{ city: "Ulm", total: 3 }]));
 * new TextDecoder().decode(bytes); // → '"city","total"\n"Ulm",3\n'
 */
export function frameToCsv(frame: AnyFrame): Uint8Array {
  return joinBytes([...csvBlocks(frame)]);
}

/**
 * The frame as CSV in blocks of whole rows, each made when it is asked for.
 * @throws {HexError} HEX_FRAME_INVALID for what is beyond the limits of reading
 */
export function* csvBlocks(
  frame: AnyFrame,
  options: CsvBlocksOptions = {},
): Generator<Uint8Array, void, undefined> {
  checkShape(frame);
  let sizeBytes = 0;
  for (const block of blocksOf(frame, options)) {
    sizeBytes += block.length;
    if (sizeBytes > CSV_LIMITS.maxFileBytes) {
      throw limitError("HEX_FRAME_INVALID", "the CSV of a frame", CSV_LIMITS, "maxFileBytes");
    }
    yield isUtf8(block) ? block : wellFormed(block);
  }
}

function checkShape({ numRows, numColumns }: AnyFrame): void {
  const fault =
    (numColumns > CSV_LIMITS.maxColumns && "maxColumns") ||
    (numRows > CSV_LIMITS.maxRows && "maxRows");
  if (fault) throw limitError("HEX_FRAME_INVALID", "a frame to be kept", CSV_LIMITS, fault);
}

/** Bytes of an Arrow file that are no UTF-8 are read as U+FFFD everywhere, and so written. */
function wellFormed(block: Uint8Array): Uint8Array {
  return Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(block));
}

function* blocksOf(
  frame: AnyFrame,
  { blockLength = BLOCK_LENGTH, toText, whole }: CsvBlocksOptions,
): Generator<Uint8Array, void, undefined> {
  const names = frame.schema.map(({ name }) => ({ name: toText?.(name) ?? name }));
  const header = Buffer.from(csvHeader(names));
  const rows = new CsvRows(frame, whole, toText);
  let block = Buffer.allocUnsafeSlow(Math.max(blockLength, header.length));
  let length = header.copy(block);
  for (let row = 0; row < frame.numRows; ) {
    const part = rows.measure(row, blockLength);
    if (length + part.sizeBytes > block.length) {
      yield block.subarray(0, length);
      block = Buffer.allocUnsafeSlow(Math.max(blockLength, part.sizeBytes));
      length = 0;
    }
    rows.write(part.count, block, length);
    length += part.sizeBytes;
    row += part.count;
  }
  if (length > 0) yield block.subarray(0, length);
}

/** Some rows that were measured. */
interface MeasuredRows {
  readonly count: number;
  readonly sizeBytes: number;
}

/** The rows of a frame as CSV, of which some are measured and then written, column by column. */
class CsvRows {
  readonly #numRows: number;
  readonly #fields: readonly ColumnFields[];
  readonly #lengths: Int32Array;
  readonly #places: Int32Array;
  /** how many rows are measured next: as many as fit into a block, as far as those before tell */
  #step = FEWEST_ROWS;

  constructor(frame: AnyFrame, whole: AnyFrame | undefined, toText: TextFieldsOptions["toText"]) {
    const { numRows, numColumns } = frame;
    const fitting = Math.floor(FIELDS_AT_ONCE / Math.max(1, numColumns));
    const mostRows = Math.min(numRows, MOST_ROWS, Math.max(FEWEST_ROWS, fitting));
    const missing = numColumns === 1 ? LONE_MISSING : "";
    const columns = frame.columns();
    const digits = whole === undefined ? findDigits(columns) : digitsOf(whole);
    this.#numRows = numRows;
    this.#fields = columns.map((column, index) =>
      fieldsOf(column, digits[index] ?? 0, { mostRows, missing, toText }),
    );
    this.#lengths = new Int32Array(mostRows);
    this.#places = new Int32Array(mostRows);
  }

  /** Measures some rows that fit into a block, or the one that does not. */
  measure(start: number, blockLength: number): MeasuredRows {
    const lengths = this.#lengths;
    const measured = Math.min(this.#step, lengths.length, this.#numRows - start);
    lengths.fill(this.#fields.length, 0, measured);
    for (const fields of this.#fields) fields.measure(start, measured, lengths);
    let sizeBytes = lengths[0] ?? 0;
    let count = 1;
    for (; count < measured; count++) {
      const next = sizeBytes + (lengths[count] ?? 0);
      if (next > blockLength) break;
      sizeBytes = next;
    }
    this.#step = Math.max(1, Math.floor((blockLength * count) / sizeBytes));
    return { count, sizeBytes };
  }

  /** Writes the first of the rows that were measured last. */
  write(count: number, bytes: Uint8Array, start: number): void {
    const places = this.#places;
    for (let index = 0, place = start; index < count; index++) {
      places[index] = place;
      place += this.#lengths[index] ?? 0;
    }
    for (const [column, fields] of this.#fields.entries()) {
      fields.write(count, bytes, places);
      const separator = column + 1 < this.#fields.length ? COMMA : NEWLINE;
      for (let index = 0; index < count; index++) {
        const place = places[index] ?? 0;
        bytes[place] = separator;
        places[index] = place + 1;
      }
    }
  }
}

/** The digits of frames whose parts were asked for: who reads one page of a table asks for the next. */
const knownDigits = new WeakMap<AnyFrame, readonly FractionDigits[]>();

function digitsOf(frame: AnyFrame): readonly FractionDigits[] {
  const digits = knownDigits.get(frame) ?? findDigits(frame.columns());
  knownDigits.set(frame, digits);
  return digits;
}

/** How many digits of a second each column has; none of those that hold no times. */
function findDigits(columns: readonly FrameColumn[]): FractionDigits[] {
  return columns.map(({ type, data }) => {
    return type === "datetime" || type === "instant" ? fractionDigits(data) : 0;
  });
}

function fieldsOf(
  column: FrameColumn,
  digits: FractionDigits,
  options: TextFieldsOptions,
): ColumnFields {
  const { type, data } = column;
  switch (type) {
    case "string":
      return new TextFields(column, options);
    case "number":
    case "integer":
    case "bigint": {
      const { values } = batchOf(data);
      if (values instanceof Int32Array) return new NarrowFields(data, values, options);
      return new NumberFields(data, options);
    }
    case "boolean":
      return new BooleanFields(data, options);
    case "date":
      return new DayFields(data, options);
    case "datetime":
    case "instant":
      return new TimeFields(data, { digits, isInstant: type === "instant" }, options);
  }
}

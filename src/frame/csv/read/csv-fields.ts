/**
 * Finds the fields of CSV in blocks of bytes: one look at every byte, and no string is made. What
 * the fields hold is read afterwards, column by column; see `csv-column.ts`.
 */
import type { CsvLimits } from "../csv-form.ts";
import { CR, type CsvDialect, LF } from "./csv-dialect.ts";

/** How a field is written: without quotes, within them, or within them and with a doubled or escaped sign. */
export const BARE = 0;
export const QUOTED = 1;
export const ESCAPED = 2;

/** The fault of a row that cannot be read, and its place. */
export interface RowFault {
  readonly kind: "fields" | "quote" | "unclosed" | "long" | "rows" | "end";
  /** from 1, after the header */
  readonly row: number;
  /** of the file, from 1 */
  readonly line: number;
  /** from 0 */
  readonly column: number;
  /** how many fields the row has, as far as it was read */
  readonly fields: number;
  /** what stands there */
  readonly seen: string;
  /** the place in the block up to which bytes were looked at to tell it */
  readonly until: number;
}

/** A row that cannot be read; each reader reports it in its own words. */
export class RowFaultError extends Error {
  readonly fault: RowFault;

  constructor(fault: RowFault) {
    super(`A row cannot be divided: ${fault.kind}`);
    this.fault = fault;
  }
}

const INCOMPLETE = -1;
const SEEN_BYTES = 12;
const LONGEST_CHARACTER = 4;

interface SplitOptions {
  readonly start?: number;
  /** whether nothing comes after these bytes */
  readonly isLast?: boolean;
  readonly mostRows?: number;
}

/**
 * The fields of the whole rows of a block, row after row: field `row * width + column` lies from
 * `starts` to `ends`, without its quotes. `split` takes one block after the other.
 */
export class CsvFields {
  starts: Int32Array = new Int32Array(0);
  ends: Int32Array = new Int32Array(0);
  kinds: Uint8Array = new Uint8Array(0);
  /** the rows of this block */
  rows = 0;
  /** the rows of the blocks before */
  rowsBefore = 0;
  /** how many columns there are; 0: as many as the next row has */
  width: number;
  /** how many columns the row has before which a split ended because it has too many; else 0 */
  wantedWidth = 0;
  /** lines of the file that were passed */
  lines: number;
  blankLines = 0;
  shortRows = 0;
  readonly #dialect: CsvDialect;
  readonly #limits: CsvLimits;
  /** whether the header has one field, so that blank lines are rows */
  readonly #isLone: boolean;
  /** of the quoted field that was passed last */
  #isEscaped = false;
  #innerLines = 0;
  /** where the bytes of the block end */
  #end = 0;

  constructor(dialect: CsvDialect, limits: CsvLimits, width = 0, lines = 0, headerWidth = width) {
    this.#dialect = dialect;
    this.#limits = limits;
    this.width = width;
    this.#isLone = headerWidth === 1;
    this.lines = lines;
  }

  /**
   * Divides the bytes up to `end`, which begin with a row. The byte at `end` is overwritten.
   * @returns where the first row begins that was not taken
   * @throws {RowFaultError}
   */
  split(bytes: Uint8Array, end: number, options: SplitOptions = {}): number {
    const { start = 0, isLast = false, mostRows = Number.POSITIVE_INFINITY } = options;
    this.rowsBefore += this.rows;
    this.rows = 0;
    this.wantedWidth = 0;
    this.#end = end;
    this.#makeRoom(end - start + 2 * this.width + 2);
    // A line end after the last byte ends every field, so that no loop has to look for the end.
    bytes[end] = this.#dialect.lineEnd;
    let at = start;
    while (at < end && this.rows < mostRows && this.#hasRoom()) {
      const next = this.#isPassed(bytes, at)
        ? this.#passLine(bytes, at, end, isLast)
        : this.#splitRow(bytes, at, end, isLast);
      if (next === INCOMPLETE) break;
      at = next;
    }
    return Math.min(at, end);
  }

  #makeRoom(fields: number): void {
    if (this.starts.length >= fields) return;
    this.starts = new Int32Array(fields);
    this.ends = new Int32Array(fields);
    this.kinds = new Uint8Array(fields);
  }

  /** Only rows that are filled up have more fields than bytes. */
  #hasRoom(): boolean {
    return (this.rows + 1) * this.width < this.starts.length;
  }

  /** Whether a line holds no row: it is a comment, or blank where there are several columns. */
  #isPassed(bytes: Uint8Array, at: number): boolean {
    const { lineEnd, comment, isStrict } = this.#dialect;
    const byte = bytes[at];
    if (isStrict) return false;
    if (byte === comment || this.#isLone) return byte === comment;
    return byte === lineEnd || (byte === CR && bytes[at + 1] === lineEnd);
  }

  #passLine(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    const { lineEnd, comment } = this.#dialect;
    const lineEndAt = bytes.indexOf(lineEnd, start);
    if (lineEndAt >= end && !isLast) {
      if (end - start > this.#limits.maxFieldBytes) throw this.#fault("long", bytes, start, 0);
      return INCOMPLETE;
    }
    this.lines++;
    if (bytes[start] === comment) return lineEndAt + 1;
    this.blankLines++;
    return lineEndAt + 1;
  }

  // One loop over all bytes: divided further it takes twice the time.
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: see above
  #splitRow(bytes: Uint8Array, start: number, end: number, isLast: boolean): number {
    const { starts, ends, kinds } = this;
    const { delimiter, lineEnd, quote, isStrict } = this.#dialect;
    const isCrLf = lineEnd === LF && !isStrict;
    const first = this.rows * this.width;
    let field = first;
    let at = start;
    this.#innerLines = 0;
    for (;;) {
      const from = at;
      let byte = bytes[at];
      if (byte === quote) {
        at = this.#passQuoted(bytes, from + 1, end);
        if (at === INCOMPLETE) return this.#openQuote(bytes, from, end, isLast, field - first);
        starts[field] = from + 1;
        ends[field] = at - 1;
        kinds[field] = this.#isEscaped ? ESCAPED : QUOTED;
        if (isCrLf && bytes[at] === CR) at = this.#passCrs(bytes, at);
        byte = bytes[at];
        if (byte !== delimiter && byte !== lineEnd) {
          // The message quotes the field, so it has to be there.
          if (at + SEEN_BYTES > end && !isLast) return INCOMPLETE;
          throw this.#fault("quote", bytes, at, field - first, at + LONGEST_CHARACTER);
        }
      } else {
        while (byte !== delimiter && byte !== lineEnd) byte = bytes[++at];
        starts[field] = from;
        let to = at;
        if (isCrLf && byte === LF) while (to > from && bytes[to - 1] === CR) to--;
        ends[field] = to;
        kinds[field] = BARE;
      }
      field++;
      if (byte === lineEnd) break;
      at++;
    }
    return this.#endRow(bytes, { start, at, end, isLast, count: field - first });
  }

  /** Passes the CRs before a LF; elsewhere they are what stands after a quote. */
  #passCrs(bytes: Uint8Array, start: number): number {
    let at = start;
    while (bytes[at] === CR) at++;
    return bytes[at] === LF ? at : start;
  }

  /** Passes a quoted field; where its closing quote has been passed, or INCOMPLETE. */
  #passQuoted(bytes: Uint8Array, start: number, end: number): number {
    const { quote, escape: escapeSign, lineEnd } = this.#dialect;
    this.#isEscaped = false;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === escapeSign) {
        this.#isEscaped = true;
        at++;
      } else if (byte === quote) {
        if (bytes[at + 1] !== quote) return at + 1;
        this.#isEscaped = true;
        at++;
      } else if (byte === lineEnd) this.#innerLines++;
    }
    return INCOMPLETE;
  }

  #openQuote(bytes: Uint8Array, from: number, end: number, isLast: boolean, column: number) {
    if (end - from > this.#limits.maxFieldBytes) throw this.#fault("long", bytes, from, column);
    if (isLast) throw this.#fault("unclosed", bytes, from, column);
    return INCOMPLETE;
  }

  #endRow(
    bytes: Uint8Array,
    row: { start: number; at: number; end: number; isLast: boolean; count: number },
  ): number {
    const { start, at, end, isLast, count } = row;
    const { isStrict, isRagged } = this.#dialect;
    if (at - start > this.#limits.maxFieldBytes) this.#checkLengths(bytes, count);
    if (at >= end && !isLast) return INCOMPLETE;
    if (at >= end && isStrict) throw this.#fault("end", bytes, at, count - 1);
    if (this.width === 0) this.width = count;
    if (count > this.width && isRagged) {
      this.wantedWidth = count;
      return INCOMPLETE;
    }
    if (count < this.width && isRagged) this.#fillRow(count, at);
    else if (count !== this.width) throw this.#countFault(bytes, start, at, count);
    if (this.rowsBefore + this.rows >= this.#limits.maxRows) {
      throw this.#fault("rows", bytes, start, 0);
    }
    this.rows++;
    this.lines += 1 + this.#innerLines;
    return at + 1;
  }

  #fillRow(count: number, at: number): void {
    const first = this.rows * this.width;
    for (let column = count; column < this.width; column++) this.#setMissing(first + column, at);
    this.shortRows++;
  }

  #setMissing(field: number, at: number): void {
    this.starts[field] = at;
    this.ends[field] = at;
    this.kinds[field] = BARE;
  }

  #checkLengths(bytes: Uint8Array, count: number): void {
    const first = this.rows * this.width;
    for (let column = 0; column < count; column++) {
      const start = Number(this.starts[first + column]);
      const length = Number(this.ends[first + column]) - start;
      const quotes = this.kinds[first + column] === BARE ? 0 : 2;
      if (length + quotes > this.#limits.maxFieldBytes) {
        throw this.#fault("long", bytes, start, column);
      }
    }
  }

  /** Says which field of a row is the first that is not as it has to be. */
  #countFault(bytes: Uint8Array, start: number, end: number, count: number): RowFaultError {
    const column = Math.min(count, this.width) - 1;
    const at = Number(this.ends[this.rows * this.width + column]);
    const fault = this.#fault("fields", bytes, column < 0 ? start : at, column, end);
    return new RowFaultError({ ...fault.fault, fields: count });
  }

  #fault(
    kind: RowFault["kind"],
    bytes: Uint8Array,
    at: number,
    column: number,
    until = this.#end,
  ): RowFaultError {
    return new RowFaultError({
      kind,
      row: this.rowsBefore + this.rows + 1,
      line: this.lines + 1,
      column,
      fields: column + 1,
      seen: new TextDecoder().decode(bytes.subarray(at, Math.min(this.#end, at + SEEN_BYTES))),
      until,
    });
  }
}

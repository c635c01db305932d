import { expectation, type HexError } from "../../errors.ts";
import type { ColumnType, Schema } from "../schema.ts";
import { type CsvLimits, limitError } from "./csv-limits.ts";

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const LETTER_N = 78;
const LETTER_A = 65;

/** Where a scan stands; a field passes from FRESH by BARE, or by QUOTED and CLOSING, to ENDED. */
const FRESH = 0;
const BARE = 1;
const QUOTED = 2;
/** after a quote that closes the field, or is the first of two */
const CLOSING = 3;
const ENDED = 4;
/** after the N of a lone field, which may be NA */
const LONE_N = 5;

/** The characters that a bare field of each type may have; a string is always quoted. */
const BARE_CHARACTERS: Readonly<Record<ColumnType, string>> = {
  string: "",
  number: "0123456789+-.eNaIFinf",
  integer: "0123456789-",
  bigint: "0123456789-",
  boolean: "truefals",
  date: "0123456789-",
  datetime: "0123456789-T:.",
  instant: "0123456789-T:.Z",
};

/** Checks the form of the rows after the header, in blocks that may end anywhere. */
export class CsvRowScan {
  readonly #schema: Schema;
  readonly #limits: CsvLimits;
  readonly #allowed: readonly Uint8Array[];
  readonly #isText: readonly boolean[];
  #state = FRESH;
  #row = 0;
  #column = 0;
  #longest = 0;
  /** where the block, the row and the field start, counted from the first row */
  #blockStart = 0;
  #rowStart = 0;
  #fieldStart = 0;

  constructor(schema: Schema, limits: CsvLimits) {
    this.#schema = schema;
    this.#limits = limits;
    this.#allowed = schema.map(({ type }) => allowedBytes(BARE_CHARACTERS[type]));
    this.#isText = schema.map(({ type }) => type === "string");
  }

  scan(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at = this.#step(bytes, at);
    this.#blockStart += bytes.length;
    if (this.#state !== FRESH) this.#checkField(this.#blockStart);
  }

  end(): { rows: number; longest: number } {
    if (this.#state === QUOTED) throw this.#error("a quote that is never closed");
    if (this.#state !== FRESH || this.#column > 0) throw this.#error("the end of the file");
    return { rows: this.#row, longest: this.#longest };
  }

  /** The row and column where the scan stands, as messages name it. */
  place(): string {
    const isBetween = this.#state === FRESH && this.#column === 0;
    const name = this.#schema[this.#column]?.name ?? "";
    return `the CSV at row ${this.#row + (isBetween ? 1 : 0)}, column ${JSON.stringify(name)}`;
  }

  /** Reads on from a place while the state stays the same. */
  #step(bytes: Uint8Array, at: number): number {
    switch (this.#state) {
      case FRESH:
        return this.#enterField(bytes, at);
      case BARE:
        return this.#skipBare(bytes, at);
      case QUOTED:
        return this.#skipQuoted(bytes, at);
      case CLOSING:
        return this.#skipClosing(bytes, at);
      case LONE_N:
        return this.#skipLone(bytes, at);
      default:
        return this.#leaveField(bytes, at);
    }
  }

  #enterField(bytes: Uint8Array, at: number): number {
    if (this.#column === 0) this.#enterRow(at);
    this.#fieldStart = this.#blockStart + at;
    if (bytes[at] === QUOTE) {
      this.#state = QUOTED;
      if (this.#isText[this.#column] !== true) throw this.#error("a quoted field");
      return at + 1;
    }
    this.#state = BARE;
    return this.#schema.length === 1 ? this.#enterLone(bytes, at) : at;
  }

  #enterRow(at: number): void {
    this.#rowStart = this.#blockStart + at;
    if (this.#row >= this.#limits.maxRows) {
      const place = `the CSV at row ${this.#row + 1}`;
      throw limitError("HEX_DATA_INVALID", place, this.#limits, "maxRows");
    }
    this.#row++;
  }

  /** The only field of a row is never empty, so that no line of the file is blank. */
  #enterLone(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] ?? 0;
    if (byte !== LETTER_N && this.#allowed[0]?.[byte] !== 1) throw this.#seenError(bytes, at);
    if (byte === LETTER_N) this.#state = LONE_N;
    return at + 1;
  }

  #skipLone(bytes: Uint8Array, at: number): number {
    const isMissing = bytes[at] === LETTER_A;
    if (!isMissing && this.#allowed[0]?.[LETTER_N] !== 1) throw this.#seenError(bytes, at);
    this.#state = isMissing ? ENDED : BARE;
    return isMissing ? at + 1 : at;
  }

  #skipBare(bytes: Uint8Array, start: number): number {
    const allowed = this.#allowed[this.#column];
    let at = start;
    while (at < bytes.length && allowed?.[bytes[at] ?? 0] === 1) at++;
    if (at < bytes.length) this.#state = ENDED;
    return at;
  }

  #skipQuoted(bytes: Uint8Array, start: number): number {
    let at = start;
    while (at < bytes.length && bytes[at] !== QUOTE) at++;
    if (at === bytes.length) return at;
    this.#state = CLOSING;
    return at + 1;
  }

  #skipClosing(bytes: Uint8Array, at: number): number {
    const isPair = bytes[at] === QUOTE;
    this.#state = isPair ? QUOTED : ENDED;
    return isPair ? at + 1 : at;
  }

  #leaveField(bytes: Uint8Array, at: number): number {
    const end = this.#blockStart + at;
    this.#checkField(end);
    const isLast = this.#column === this.#schema.length - 1;
    if (bytes[at] !== (isLast ? NEWLINE : COMMA)) throw this.#seenError(bytes, at);
    this.#column = isLast ? 0 : this.#column + 1;
    if (isLast) this.#longest = Math.max(this.#longest, end + 1 - this.#rowStart);
    this.#state = FRESH;
    return at + 1;
  }

  #checkField(end: number): void {
    if (end - this.#fieldStart <= this.#limits.maxFieldBytes) return;
    throw limitError("HEX_DATA_INVALID", this.place(), this.#limits, "maxFieldBytes");
  }

  #seenError(bytes: Uint8Array, at: number): HexError {
    const seen = new TextDecoder().decode(bytes.subarray(at, at + 12));
    return this.#error(JSON.stringify(seen));
  }

  #error(got: string): HexError {
    const type = this.#schema[this.#column]?.type ?? "string";
    const separator = this.#column + 1 < this.#schema.length ? "comma" : "newline";
    const expected = `a field of type ${type} and then a ${separator}`;
    return expectation("HEX_DATA_INVALID", { place: this.place(), expected, got });
  }
}

function allowedBytes(characters: string): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const character of characters) allowed[character.charCodeAt(0)] = 1;
  return allowed;
}

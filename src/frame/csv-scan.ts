/**
 * Checks that bytes are CSV exactly as we write it. DuckDB, which reads the values, forgives what
 * would hide damage: it skips blank lines, rounds 1.5 to a whole number, and takes bare quotes.
 */
import { isUtf8 } from "node:buffer";
import { expectation, type HexError } from "../errors.ts";
import type { ColumnType, Schema } from "./schema.ts";

/** What stands for a missing value when a frame has one column: many readers drop blank lines. */
export const LONE_MISSING = "NA";

const QUOTE = 34;
const COMMA = 44;
const NEWLINE = 10;
const LETTER_N = 78;
const LETTER_A = 65;

/** The characters that a bare field of each type may have; a string is always quoted. */
const BARE_CHARACTERS: Readonly<Record<ColumnType, string>> = {
  string: "",
  number: "0123456789+-.eNaIF",
  integer: "0123456789-",
  bigint: "0123456789-",
  boolean: "truefals",
  date: "0123456789-",
  datetime: "0123456789-T:.",
  instant: "0123456789-T:.Z",
};

export interface CsvText {
  readonly rows: number;
  /** the longest row in bytes */
  readonly longest: number;
}

/**
 * Checks the header and the form of every row against a schema.
 * @throws {HexError} HEX_DATA_INVALID naming the row, which counts from 1 after the header
 */
export function scanCsv(bytes: Uint8Array, schema: Schema): CsvText {
  if (!isUtf8(bytes)) throw encodingError(bytes);
  const header = new TextEncoder().encode(csvHeader(schema));
  if (!startsWith(bytes, header)) throw headerError(bytes, schema);
  const scan = new RowScan(bytes, header.length, schema);
  let rows = 0;
  let longest = header.length;
  while (scan.position < bytes.length) {
    const start = scan.position;
    scan.readRow(++rows);
    longest = Math.max(longest, scan.position - start);
  }
  return { rows, longest };
}

/** The header line of a frame's CSV: every name quoted. */
export function csvHeader(schema: Schema): string {
  return `${schema.map(({ name }) => quoteField(name)).join(",")}\n`;
}

/** A text as a quoted CSV field. */
export function quoteField(text: string): string {
  return text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`;
}

class RowScan {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #schema: Schema;
  readonly #allowed: readonly Uint8Array[];

  constructor(bytes: Uint8Array, start: number, schema: Schema) {
    this.#bytes = bytes;
    this.position = start;
    this.#schema = schema;
    this.#allowed = schema.map(({ type }) => allowedBytes(BARE_CHARACTERS[type]));
  }

  readRow(row: number): void {
    const last = this.#schema.length - 1;
    for (let column = 0; column <= last; column++) {
      this.#readField(row, column);
      const expected = column === last ? NEWLINE : COMMA;
      if (this.#bytes[this.position] !== expected) throw this.#error(row, column, "field");
      this.position++;
    }
  }

  #readField(row: number, column: number): void {
    const start = this.position;
    if (this.#bytes[start] === QUOTE) {
      if (this.#schema[column]?.type !== "string") throw this.#error(row, column, "quoted");
      if (!this.#skipQuoted()) throw this.#error(row, column, "unclosed");
      return;
    }
    if (this.#schema.length === 1) this.#readLone(row);
    else this.#skipBare(column);
  }

  /** The only field of a row: never empty, so that no line of the file is blank. */
  #readLone(row: number): void {
    const start = this.position;
    const isMissing = this.#bytes[start] === LETTER_N && this.#bytes[start + 1] === LETTER_A;
    if (isMissing) this.position += LONE_MISSING.length;
    else this.#skipBare(0);
    if (this.position === start) throw this.#error(row, 0, "field");
  }

  #skipBare(column: number): void {
    const bytes = this.#bytes;
    const allowed = this.#allowed[column];
    let at = this.position;
    while (allowed?.[bytes[at] ?? 0] === 1) at++;
    this.position = at;
  }

  /** Steps over a quoted field; false when its closing quote is missing. */
  #skipQuoted(): boolean {
    const bytes = this.#bytes;
    let at = this.position + 1;
    for (; at < bytes.length; at++) {
      if (bytes[at] !== QUOTE) continue;
      if (bytes[at + 1] !== QUOTE) break;
      at++;
    }
    this.position = at + 1;
    return at < bytes.length;
  }

  #error(row: number, column: number, fault: "field" | "quoted" | "unclosed"): HexError {
    const { name, type } = this.#schema[column] ?? { name: "", type: "string" };
    const seen = new TextDecoder().decode(this.#bytes.subarray(this.position, this.position + 12));
    const got = {
      field: this.position >= this.#bytes.length ? "the end of the file" : JSON.stringify(seen),
      quoted: "a quoted field",
      unclosed: "a quote that is never closed",
    };
    return expectation("HEX_DATA_INVALID", {
      place: `the CSV at row ${row}, column ${JSON.stringify(name)}`,
      expected: `a field of type ${type} and then a ${column + 1 < this.#schema.length ? "comma" : "newline"}`,
      got: got[fault],
    });
  }
}

function allowedBytes(characters: string): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const character of characters) allowed[character.charCodeAt(0)] = 1;
  return allowed;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function headerError(bytes: Uint8Array, schema: Schema): HexError {
  const end = bytes.indexOf(NEWLINE);
  const line = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 200)),
  );
  return expectation("HEX_DATA_INVALID", {
    place: "the header of the CSV",
    expected: csvHeader(schema).trimEnd(),
    got: line.startsWith("\uFEFF") ? "a byte order mark" : JSON.stringify(line),
  });
}

function encodingError(bytes: Uint8Array): HexError {
  let line = 0;
  let start = 0;
  for (let end = 0; end >= 0; line++) {
    end = bytes.indexOf(NEWLINE, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end))) break;
    start = end + 1;
  }
  return expectation("HEX_DATA_INVALID", {
    place: `line ${line + 1} of the CSV`,
    expected: "UTF-8",
    got: "other bytes",
  });
}

/**
 * Checks that bytes are CSV exactly as we write it, block by block, so that a file need not fit
 * into memory. DuckDB, which reads the values, forgives what would hide damage: it skips blank
 * lines, rounds 1.5 to a whole number, and takes bare quotes.
 */
import { isUtf8 } from "node:buffer";
import { expectation, type HexError } from "../../errors.ts";
import { joinBytes } from "../join-bytes.ts";
import type { Schema } from "../schema.ts";
import { type CsvLimits, limitError } from "./csv-limits.ts";
import { CsvRowScan } from "./csv-row-scan.ts";
import { csvHeader } from "./csv-text.ts";

export interface CsvText {
  readonly rows: number;
  /** the longest row in bytes */
  readonly longest: number;
}

const NEWLINE = 10;
/** How much of a wrong header is told. */
const SHOWN_BYTES = 200;
const NO_BYTES = new Uint8Array(0);

/**
 * Takes the blocks of a file in order; then `end` tells what they hold.
 * `push` and `end` throw HEX_DATA_INVALID naming the row, which counts from 1 after the header.
 */
export class CsvScan {
  readonly #schema: Schema;
  readonly #limits: CsvLimits;
  readonly #header: Uint8Array;
  readonly #rows: CsvRowScan;
  #sizeBytes = 0;
  /** the start of a character that the next block completes */
  #tail: Uint8Array = NO_BYTES;
  /** what came before the header was complete; undefined once it is checked */
  #head: Uint8Array | undefined = NO_BYTES;

  constructor(schema: Schema, limits: CsvLimits) {
    if (schema.length > limits.maxColumns) {
      throw limitError("HEX_DATA_INVALID", "the schema of the CSV", limits, "maxColumns");
    }
    this.#schema = schema;
    this.#limits = limits;
    this.#header = new TextEncoder().encode(csvHeader(schema));
    this.#rows = new CsvRowScan(schema, limits);
  }

  push(block: Uint8Array): void {
    this.#sizeBytes += block.length;
    if (this.#sizeBytes > this.#limits.maxFileBytes) {
      throw limitError("HEX_DATA_INVALID", "the CSV", this.#limits, "maxFileBytes");
    }
    const bytes = this.#tail.length === 0 ? block : joinBytes([this.#tail, block]);
    const text = bytes.subarray(0, completeLength(bytes));
    this.#tail = bytes.slice(text.length);
    const valid = isUtf8(text) ? text : text.subarray(0, validLength(text));
    this.#scan(valid);
    if (valid.length < text.length) throw this.#encodingError();
  }

  end(): CsvText {
    if (this.#tail.length > 0) throw this.#encodingError();
    this.#checkHeader();
    const { rows, longest } = this.#rows.end();
    return { rows, longest: Math.max(longest, this.#header.length) };
  }

  #scan(text: Uint8Array): void {
    if (this.#head === undefined) {
      this.#rows.scan(text);
      return;
    }
    this.#head = joinBytes([this.#head, text]);
    if (this.#head.length >= Math.max(this.#header.length, SHOWN_BYTES)) this.#checkHeader();
  }

  #checkHeader(): void {
    const head = this.#head;
    if (head === undefined) return;
    if (!startsWith(head, this.#header)) throw headerError(head, this.#schema);
    this.#head = undefined;
    this.#rows.scan(head.subarray(this.#header.length));
  }

  #encodingError(): HexError {
    if (this.#head && this.#head.length >= this.#header.length) this.#checkHeader();
    const place = this.#head ? "the header of the CSV" : this.#rows.place();
    return expectation("HEX_DATA_INVALID", { place, expected: "UTF-8", got: "other bytes" });
  }
}

/** The length without the bytes of a last character that is not complete. */
function completeLength(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let start = length - 1; start >= Math.max(0, length - 3); start--) {
    const byte = bytes[start] ?? 0;
    const isFirst = byte >> 6 !== 0b10;
    if (isFirst) return start + characterLength(byte) > length ? start : length;
  }
  return length;
}

/** How many bytes a character has in UTF-8, by its first. */
function characterLength(first: number): number {
  if (first < 0xe0) return first < 0xc0 ? 1 : 2;
  return first < 0xf0 ? 3 : 4;
}

/** How many bytes come before the first that is not UTF-8. */
function validLength(bytes: Uint8Array): number {
  const prefix = (length: number) => bytes.subarray(0, completeLength(bytes.subarray(0, length)));
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(prefix(middle))) valid = middle;
    else invalid = middle;
  }
  return prefix(valid).length;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function headerError(head: Uint8Array, schema: Schema): HexError {
  const end = head.indexOf(NEWLINE);
  const line = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    head.subarray(0, Math.min(end < 0 ? head.length : end, SHOWN_BYTES)),
  );
  return expectation("HEX_DATA_INVALID", {
    place: "the header of the CSV",
    expected: csvHeader(schema).trimEnd().slice(0, SHOWN_BYTES),
    got: line.startsWith("\uFEFF") ? "a byte order mark" : JSON.stringify(line),
  });
}

/** Texts as codes into a dictionary, found by their bytes: no text of JavaScript is made. */
import type { Batch } from "@uwdata/flechette";
import { type ColumnParts, toDictionary } from "../column/column-data.ts";
import type { Value } from "../schema.ts";

const NOTHING_MISSING = { nullCount: 0, validity: new Uint8Array(0) };

/** The codes of a column of texts, and the dictionary that has each of them once. */
export function codeTexts(batch: Batch<Value>): Pick<ColumnParts, "values" | "dictionary"> {
  const { length, nullCount, values: bytes, offsets } = batch;
  if (!(bytes instanceof Uint8Array)) throw new Error("Texts are kept in bytes");
  const texts = new TextTable(bytes, Int32Array.from(offsets ?? [], Number), length);
  const codes = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (nullCount === 0 || batch.isValid(row)) codes[row] = texts.codeOf(row);
  }
  return { values: codes, dictionary: toDictionary(texts.parts()) };
}

/** The different texts among rows: a hash table of their codes. */
class TextTable {
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;
  /** codes from 1 on by hash; 0 where there is none */
  readonly #slots: Int32Array;
  /** by code, the row that had the text first */
  readonly #rows: Int32Array;
  #size = 0;
  #sizeBytes = 0;

  constructor(bytes: Uint8Array, starts: Int32Array, length: number) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * length + 2)));
    this.#rows = new Int32Array(length);
  }

  codeOf(row: number): number {
    const start = Number(this.#starts[row]);
    const end = Number(this.#starts[row + 1]);
    const mask = this.#slots.length - 1;
    let slot = this.#hash(start, end) & mask;
    for (;;) {
      const code = Number(this.#slots[slot]) - 1;
      if (code < 0) break;
      if (this.#isSame(Number(this.#rows[code]), start, end)) return code;
      slot = (slot + 1) & mask;
    }
    this.#rows[this.#size] = row;
    this.#size++;
    this.#sizeBytes += end - start;
    this.#slots[slot] = this.#size;
    return this.#size - 1;
  }

  /** The texts by their codes; the rows' own memory where no text is there twice. */
  parts(): ColumnParts {
    const length = this.#size;
    if (length === this.#rows.length) {
      return { ...NOTHING_MISSING, length, values: this.#bytes, offsets: this.#starts };
    }
    const values = new Uint8Array(this.#sizeBytes);
    const offsets = new Int32Array(length + 1);
    let end = 0;
    for (let code = 0; code < length; code++) {
      const row = Number(this.#rows[code]);
      const start = Number(this.#starts[row]);
      const next = Number(this.#starts[row + 1]);
      for (let at = start; at < next; at++) values[end++] = Number(this.#bytes[at]);
      offsets[code + 1] = end;
    }
    return { ...NOTHING_MISSING, length, values, offsets };
  }

  #hash(start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++)
      hash = Math.imul(hash ^ Number(this.#bytes[at]), 16_777_619);
    // The higher bits hang on all bytes.
    return hash ^ (hash >>> 15);
  }

  #isSame(row: number, start: number, end: number): boolean {
    const first = Number(this.#starts[row]);
    if (Number(this.#starts[row + 1]) - first !== end - start) return false;
    for (let at = start; at < end; at++) {
      if (this.#bytes[first + at - start] !== this.#bytes[at]) return false;
    }
    return true;
  }
}

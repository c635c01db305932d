import type { ColumnData } from "../../column/column-data.ts";
import { batchOf } from "../../column/column-data.ts";

/** Options for writing the fields of a column. */
export interface FieldsOptions {
  /** the most rows that are measured at once */
  readonly mostRows: number;
  /** what stands for a missing value */
  readonly missing: string;
}

/**
 * The fields of one column, which are first measured and then written, some rows at once: so that
 * each byte is written once, to its place between those of the other columns.
 */
export abstract class ColumnFields {
  readonly #data: ColumnData;
  readonly #missing: Uint8Array;
  /** how long the fields are that were measured last; 0 of those that are missing */
  readonly #widths: Int32Array;

  constructor(data: ColumnData, { mostRows, missing }: FieldsOptions) {
    this.#data = data;
    this.#missing = Buffer.from(missing);
    this.#widths = new Int32Array(mostRows);
  }

  /** Adds to `lengths` how long the fields of rows are. */
  measure(start: number, count: number, lengths: Int32Array): void {
    const widths = this.#widths;
    this.size(start, count, widths);
    if (this.#data.nullCount > 0) this.#clearMissing(start, count, lengths);
    for (let index = 0; index < count; index++) {
      lengths[index] = (lengths[index] ?? 0) + (widths[index] ?? 0);
    }
  }

  /** Writes the first of the fields measured last, each to its place, which is then after it. */
  write(count: number, bytes: Uint8Array, places: Int32Array): void {
    if (this.#data.nullCount > 0 && this.#missing.length > 0) {
      this.#writeMissing(count, bytes, places);
    }
    this.put(count, this.#widths, bytes, places);
  }

  /** Tells how long the fields of rows are; those of missing values may be anything. */
  protected abstract size(start: number, count: number, widths: Int32Array): void;

  /** Writes the fields that have a width, and moves their places on by it. */
  protected abstract put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void;

  #clearMissing(start: number, count: number, lengths: Int32Array): void {
    const { validity } = batchOf(this.#data);
    for (let index = 0; index < count; index++) {
      const row = start + index;
      if ((((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 1) continue;
      this.#widths[index] = 0;
      lengths[index] = (lengths[index] ?? 0) + this.#missing.length;
    }
  }

  #writeMissing(count: number, bytes: Uint8Array, places: Int32Array): void {
    for (let index = 0; index < count; index++) {
      if (this.#widths[index] !== 0) continue;
      const place = places[index] ?? 0;
      bytes.set(this.#missing, place);
      places[index] = place + this.#missing.length;
    }
  }
}

const TRUE = Uint8Array.from(Buffer.from("true"));
const FALSE = Uint8Array.from(Buffer.from("false"));

/** Fields of true and false. */
export class BooleanFields extends ColumnFields {
  readonly #bits: Uint8Array;

  constructor(data: ColumnData, options: FieldsOptions) {
    super(data, options);
    const { buffer, byteOffset, byteLength } = batchOf(data).values;
    this.#bits = new Uint8Array(buffer, byteOffset, byteLength);
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    const bits = this.#bits;
    for (let index = 0; index < count; index++) {
      const row = start + index;
      widths[index] = FALSE.length - (((bits[row >> 3] ?? 0) >> (row & 7)) & 1);
    }
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    for (let index = 0; index < count; index++) {
      const width = widths[index] ?? 0;
      if (width === 0) continue;
      const text = width === TRUE.length ? TRUE : FALSE;
      const place = places[index] ?? 0;
      for (let at = 0; at < width; at++) bytes[place + at] = text[at] ?? 0;
      places[index] = place + width;
    }
  }
}

const ZERO = 48;

/** Both digits of the numbers below 100: half as many divisions as one digit at a time. */
const TENS = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + Math.floor(pair / 10));

const ONES = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + (pair % 10));

/** How many digits a whole number from 0 to 1e16 has. */
export function countDigits(value: number): number {
  if (value < 100) return value < 10 ? 1 : 2;
  if (value < 1e4) return value < 1e3 ? 3 : 4;
  if (value < 1e6) return value < 1e5 ? 5 : 6;
  let count = 7;
  for (let limit = 1e7; value >= limit; limit *= 10) count++;
  return count;
}

/** Writes the two digits of a number below 100. */
export function writePair(bytes: Uint8Array, place: number, pair: number): void {
  bytes[place] = TENS[pair] ?? 0;
  bytes[place + 1] = ONES[pair] ?? 0;
}

/**
 * Writes the last digits of a whole number from 0 to 1e16 so that they end before a place, with zeros
 * in front up to the count of digits.
 * @returns the number without these digits
 */
export function writeDigits(bytes: Uint8Array, end: number, value: number, count: number): number {
  if (value < 1e9) return writeNarrow(bytes, end, value | 0, count);
  // Numbers of 32 bits are divided several times as fast as longer ones.
  const high = Math.floor(value / 1e8);
  const low = value - high * 1e8;
  if (count > 8) {
    writeNarrow(bytes, end, low, 8);
    return writeNarrow(bytes, end - 8, high, count - 8);
  }
  return high * 10 ** (8 - count) + writeNarrow(bytes, end, low, count);
}

/** As `writeDigits`, of numbers that fit into 31 bits. */
export function writeNarrow(bytes: Uint8Array, end: number, value: number, count: number): number {
  const start = end - count;
  let rest = value | 0;
  let place = end;
  while (place - start > 1) {
    const next = (rest / 100) | 0;
    place -= 2;
    writePair(bytes, place, rest - next * 100);
    rest = next;
  }
  if (place === start) return rest;
  const next = (rest / 10) | 0;
  bytes[start] = ZERO + rest - next * 10;
  return next;
}

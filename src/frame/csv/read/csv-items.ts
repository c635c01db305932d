/**
 * The values of a column while a CSV is read, in typed arrays that grow. Items take values in the
 * form that programs write; `csv-values.ts` has the whole rules, and reads what stands otherwise.
 */
import type { TypedArray } from "@uwdata/flechette";
import type { ColumnData } from "../../column/column-data.ts";
import { BARE } from "./csv-fields.ts";
import type { CsvValue } from "./csv-values.ts";

/** Where the fields of whole rows lie: field `row * width + column` from `starts` to `ends`. */
export interface FieldPlaces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly kinds: Uint8Array;
  readonly width: number;
  /** the rows of this block */
  readonly rows: number;
  /** the rows of the blocks before */
  readonly rowsBefore: number;
}

/** A block that was divided into fields, as every column reads it. */
export interface CsvBlock {
  readonly bytes: Buffer;
  readonly fields: FieldPlaces;
  /** about how many rows the file has */
  readonly expectedRows: number;
}

/** Which rows of a column are missing, for a number of rows that is not known yet. */
export class MissingRows {
  #bits = new Uint8Array(0);
  count = 0;

  /** Marks a row, once or more often. */
  add(row: number): void {
    const byte = row >> 3;
    if (byte >= this.#bits.length) this.#bits = grown(this.#bits, byte + 1, 0, Uint8Array);
    const bits = this.#bits[byte] as number;
    const mask = 1 << (row & 7);
    if ((bits & mask) !== 0) return;
    this.#bits[byte] = bits | mask;
    this.count++;
  }

  has(row: number): boolean {
    return (((this.#bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  }

  /** The part of a column's buffers that tells what is missing. */
  parts(rows: number): { nullCount: number; validity: Uint8Array } {
    if (this.count === 0) return { nullCount: 0, validity: new Uint8Array(0) };
    const validity = new Uint8Array((rows + 7) >> 3).fill(255);
    const { length } = this.#bits.subarray(0, validity.length);
    for (let byte = 0; byte < length; byte++) validity[byte] = ~(this.#bits[byte] as number);
    return { nullCount: this.count, validity };
  }
}

/** The values of one column, from fields of any form. */
export abstract class FieldItems {
  readonly missing: MissingRows;

  constructor(missing: MissingRows) {
    this.missing = missing;
  }

  /**
   * Takes the values of a block from a row on; bare empty fields are missing.
   * @returns the first row that it does not take; the block's number of rows when it takes all
   */
  read({ bytes, fields, expectedRows }: CsvBlock, column: number, first: number): number {
    const { starts, ends, kinds, width, rows, rowsBefore } = fields;
    this.reserve(rowsBefore + rows, expectedRows);
    for (let row = first; row < rows; row++) {
      const field = row * width + column;
      const start = starts[field] as number;
      const end = ends[field] as number;
      const kind = kinds[field] as number;
      if (start === end && kind === BARE) this.missing.add(rowsBefore + row);
      else if (!this.take(bytes, start, end, rowsBefore + row, kind)) return row;
    }
    return rows;
  }

  /** Makes room for so many rows, and at once for as many as are expected. */
  abstract reserve(rows: number, expected: number): void;

  /** Takes the value of a field that stands in the plain form; false when it does not. */
  protected abstract take(
    bytes: Buffer,
    start: number,
    end: number,
    row: number,
    kind: number,
  ): boolean;

  abstract toData(rows: number): ColumnData;
}

/** The values of one column of a CSV. */
export abstract class CsvItems extends FieldItems {
  /** Sets the value of a row, which was read by the whole rules. */
  abstract put(row: number, value: CsvValue): void;
}

/** The same items in an array of at least so many. */
export function grown<Items extends TypedArray>(
  items: Items,
  length: number,
  expected: number,
  ItemsOf: new (length: number) => Items,
): Items {
  const more = new ItemsOf(Math.max(length, expected, items.length + (items.length >> 1), 64));
  // Arrays of one class: a set between them copies bytes.
  const target: { set(from: ArrayLike<number | bigint>): void } = more;
  target.set(items);
  return more;
}

/** As many items as there are rows, without much more memory than they need. */
export function fitted<Items extends TypedArray>(items: Items, rows: number): TypedArray {
  return items.length <= rows * 1.1 + 64 ? items.subarray(0, rows) : items.slice(0, rows);
}

/** The sentences about values of a column that are not as the others. */

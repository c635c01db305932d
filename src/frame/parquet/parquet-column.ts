/** Columns of a frame while the pages of a Parquet file come in. */
import { type ColumnData, Validity } from "../column/column-data.ts";
import type { ColumnType } from "../schema.ts";
import { countOf, type Items } from "./parquet-items.ts";

/** Which rows of a page have a value: a flag each; undefined when all have. */
type Present = Uint8Array | undefined;

/** Values of a page that a column takes: so many rows, and the values of those that have one. */
export interface PageRows {
  readonly rows: number;
  readonly present: Present;
}

/** Tells that an item cannot be kept. */
export type Refuse = (index: number, got: string) => void;

/** A value that a column cannot keep. Rows count from 0. */
export class BadValueError extends Error {
  readonly row: number;
  readonly got: string;

  constructor(row: number, got: string) {
    super(`row ${row + 1}: ${got}`);
    this.row = row;
    this.got = got;
  }
}

/** A column as it was read; its type may depend on its values. */
export interface ReadColumn {
  readonly type: ColumnType;
  readonly data: ColumnData;
}

/** A column that takes page after page. */
export abstract class ParquetColumn<Kept> {
  protected readonly validity: Validity;
  protected readonly rows: number;
  /** rows that were taken */
  protected row = 0;
  readonly #convert: (items: Items, refuse: Refuse) => Kept;
  #dictionary: { readonly kept: Kept; readonly bad: ReadonlyMap<number, string> } | undefined;

  constructor(rows: number, convert: (items: Items, refuse: Refuse) => Kept) {
    this.rows = rows;
    this.validity = new Validity(rows);
    this.#convert = convert;
  }

  /** Takes the dictionary that codes after it stand for. */
  setDictionary(items: Items): void {
    const bad = new Map<number, string>();
    const kept = this.#convert(items, (index, got) => bad.set(index, got));
    this.#dictionary = { kept, bad };
  }

  /** Takes the values of a page. @throws {BadValueError} */
  takeItems(items: Items, page: PageRows): void {
    const kept = this.#convert(items, (index, got) => {
      throw new BadValueError(this.row + rowOf(page.present, index), got);
    });
    this.#checkRoom(page, countOf(items));
    this.put(kept, page);
    this.#end(page);
  }

  /** Takes the values that codes stand for. @throws {BadValueError} */
  takeCodes(codes: Int32Array, page: PageRows): void {
    const { kept, bad } = this.#dictionary ?? {};
    if (kept === undefined || bad === undefined)
      throw new RangeError("a page of codes has no dictionary");
    this.#checkRoom(page, codes.length);
    const index = bad.size === 0 ? -1 : codes.findIndex((code) => bad.has(code));
    if (index >= 0) {
      const got = bad.get(codes[index] ?? 0) ?? "";
      throw new BadValueError(this.row + rowOf(page.present, index), got);
    }
    this.putCodes(kept, codes, page);
    this.#end(page);
  }

  #checkRoom({ rows }: PageRows, items: number): void {
    if (items <= rows && this.row + rows <= this.rows) return;
    throw new RangeError("its pages hold more values than told");
  }

  #end({ rows, present }: PageRows): void {
    for (let at = 0; present !== undefined && at < rows; at++) {
      if (present[at] === 0) this.validity.clear(this.row + at);
    }
    this.row += rows;
  }

  protected abstract put(kept: Kept, page: PageRows): void;
  protected abstract putCodes(kept: Kept, codes: Int32Array, page: PageRows): void;
  abstract finish(): ReadColumn;
}

function rowOf(present: Present, index: number): number {
  if (present === undefined) return index;
  let left = index;
  return present.findIndex((flag) => flag === 1 && left-- === 0);
}

/** Numbers of a fixed width, as their column has them in memory. */
export type FixedItems = Int32Array | BigInt64Array | Float64Array;

/** A column of numbers: of one or two words of 32 bits each, which are copied as they are. */
export class FixedColumn extends ParquetColumn<FixedItems> {
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #isWide: boolean;
  readonly #finish: (words: Int32Array<ArrayBuffer>, validity: Validity) => ReadColumn;

  constructor(
    rows: number,
    wordsEach: 1 | 2,
    convert: (items: Items, refuse: Refuse) => FixedItems,
    finish: (words: Int32Array<ArrayBuffer>, validity: Validity) => ReadColumn,
  ) {
    super(rows, convert);
    this.#words = new Int32Array(rows * wordsEach);
    this.#isWide = wordsEach === 2;
    this.#finish = finish;
  }

  protected put(kept: FixedItems, { present }: PageRows): void {
    const words = this.#wordsHere();
    if (present === undefined) words.set(wordsOf(kept));
    else if (this.#isWide) spreadWide(wordsOf(kept), present, words);
    else spreadNarrow(wordsOf(kept), present, words);
  }

  protected putCodes(kept: FixedItems, codes: Int32Array, { rows, present }: PageRows): void {
    const own = present === undefined ? codes : spreadCodes(codes, present, rows);
    const copy = this.#isWide ? copyWide : copyNarrow;
    const isInside = copy(wordsOf(kept), own, this.#wordsHere());
    if (!isInside) throw codeError();
  }

  #wordsHere(): Int32Array {
    return this.#words.subarray(this.#isWide ? 2 * this.row : this.row);
  }

  finish(): ReadColumn {
    return this.#finish(this.#words, this.validity);
  }
}

function wordsOf({ buffer, byteOffset, byteLength }: FixedItems): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength >> 2);
}

function spreadNarrow(from: Int32Array, present: Uint8Array, to: Int32Array): void {
  let next = 0;
  for (let at = 0; at < present.length; at++) {
    if (present[at] === 1) to[at] = from[next++] as number;
  }
}

function spreadWide(from: Int32Array, present: Uint8Array, to: Int32Array): void {
  let next = 0;
  for (let at = 0; at < present.length; at++) {
    if (present[at] === 0) continue;
    to[2 * at] = from[next++] as number;
    to[2 * at + 1] = from[next++] as number;
  }
}

/** A code a row, −1 for a missing one. */
export function spreadCodes(codes: Int32Array, present: Uint8Array, rows: number): Int32Array {
  const own = new Int32Array(rows);
  let next = 0;
  for (let at = 0; at < rows; at++) own[at] = present[at] === 1 ? (codes[next++] as number) : -1;
  return own;
}

/** Copies what codes stand for; false when one stands for nothing. */
export function copyNarrow(from: Int32Array, codes: Int32Array, to: Int32Array): boolean {
  const { length } = from;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    if (code >= length) return false;
    if (code >= 0) to[at] = from[code] as number;
  }
  return true;
}

function copyWide(from: Int32Array, codes: Int32Array, to: Int32Array): boolean {
  const length = from.length >> 1;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    if (code >= length) return false;
    if (code < 0) continue;
    to[2 * at] = from[2 * code] as number;
    to[2 * at + 1] = from[2 * code + 1] as number;
  }
  return true;
}

export function codeError(): RangeError {
  return new RangeError("a code stands for nothing in its dictionary");
}

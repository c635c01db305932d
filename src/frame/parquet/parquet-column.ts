/** Columns of a frame while the pages of a Parquet file come in. */
import { isUtf8 } from "node:buffer";
import { dictionaryLimit, textParts } from "../column/column-build.ts";
import { type ColumnData, toColumnData, toDictionary, Validity } from "../column/column-data.ts";
import type { ColumnType } from "../schema.ts";
import { type ByteItems, countOf, type Items } from "./parquet-items.ts";

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
function spreadCodes(codes: Int32Array, present: Uint8Array, rows: number): Int32Array {
  const own = new Int32Array(rows);
  let next = 0;
  for (let at = 0; at < rows; at++) own[at] = present[at] === 1 ? (codes[next++] as number) : -1;
  return own;
}

/** Copies what codes stand for; false when one stands for nothing. */
function copyNarrow(from: Int32Array, codes: Int32Array, to: Int32Array): boolean {
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

function codeError(): RangeError {
  return new RangeError("a code stands for nothing in its dictionary");
}

const MOST_TEXT_BYTES = 2 ** 31 - 1;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A column of texts: codes while few repeat, else their bytes. */
export class TextColumn extends ParquetColumn<ByteItems> {
  /** the texts by code; undefined once the column is kept as bytes */
  #texts: string[] | undefined = [];
  readonly #codeOf = new Map<string, number>();
  readonly #mostTexts: number;
  #codes: Int32Array;
  #bytes = new Uint8Array(0);
  #offsets = new Int32Array(1);
  /** for the dictionary that it belongs to: the code of each item here, -1 before its first use */
  #known: { readonly items: ByteItems; readonly codes: Int32Array } | undefined;

  constructor(rows: number, convert: (items: Items, refuse: Refuse) => ByteItems) {
    super(rows, (items, refuse) => {
      const kept = convert(items, refuse);
      checkTexts(kept, refuse);
      return kept;
    });
    this.#codes = new Int32Array(rows);
    this.#mostTexts = dictionaryLimit(rows);
  }

  protected put(items: ByteItems, { rows, present }: PageRows): void {
    if (this.#texts !== undefined) this.#toBytes();
    const { bytes, offsets } = items;
    const to = this.#offsets.subarray(this.row);
    const begin = to[0] as number;
    this.#reserve(begin + bytes.length);
    this.#bytes.set(bytes, begin);
    let next = 0;
    for (let at = 0; at < rows; at++) {
      if (present === undefined || present[at] === 1) next++;
      to[at + 1] = begin + (offsets[next] as number);
    }
  }

  protected putCodes(items: ByteItems, codes: Int32Array, page: PageRows): void {
    const count = countOf(items);
    for (let at = 0; at < codes.length; at++) if ((codes[at] as number) >= count) throw codeError();
    if (this.#texts === undefined || !this.#putKnown(items, codes, page)) {
      this.put(pick(items, codes), page);
    }
  }

  /** Takes codes as codes; false when there are too many texts for that. */
  #putKnown(items: ByteItems, codes: Int32Array, { rows, present }: PageRows): boolean {
    if (this.#known?.items !== items) {
      this.#known = { items, codes: new Int32Array(countOf(items)).fill(-1) };
    }
    const known = this.#known.codes;
    for (let at = 0; at < codes.length; at++) {
      const code = codes[at] as number;
      if ((known[code] as number) >= 0) continue;
      const own = this.#codeOfText(items, code);
      if (own >= this.#mostTexts) return false;
      known[code] = own;
    }
    const own = present === undefined ? codes : spreadCodes(codes, present, rows);
    copyNarrow(known, own, this.#codes.subarray(this.row));
    return true;
  }

  #codeOfText({ bytes, offsets }: ByteItems, index: number): number {
    const text = decoder.decode(bytes.subarray(offsets[index], offsets[index + 1]));
    const known = this.#codeOf.get(text);
    if (known !== undefined) return known;
    const code = this.#codeOf.size;
    this.#codeOf.set(text, code);
    this.#texts?.push(text);
    return code;
  }

  /** Keeps the texts of all rows so far as bytes. */
  #toBytes(): void {
    const { offsets = new Int32Array(1), values } = textParts(this.#texts ?? []);
    const items = {
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.length),
      offsets,
    };
    this.#texts = undefined;
    this.#known = undefined;
    this.#codeOf.clear();
    this.#offsets = new Int32Array(this.rows + 1);
    if (this.row === 0) return;
    const { present, codes } = this.#rowsSoFar();
    const written = this.row;
    this.row = 0;
    this.put(pick(items, codes), { rows: written, present });
    this.row = written;
    this.#codes = new Int32Array(0);
  }

  #rowsSoFar(): { readonly present: Uint8Array; readonly codes: Int32Array } {
    const { validity } = this.validity.parts();
    const present = new Uint8Array(this.row).fill(1);
    for (let at = 0; validity.length > 0 && at < this.row; at++) {
      present[at] = ((validity[at >> 3] as number) >> (at & 7)) & 1;
    }
    const codes = this.#codes.subarray(0, this.row).filter((_, at) => present[at] === 1);
    return { present, codes };
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    if (sizeBytes > MOST_TEXT_BYTES) throw new RangeError("its texts are more than 2 GiB in all");
    const expected = Math.ceil((sizeBytes / (this.row + 1)) * this.rows);
    const size = this.row === 0 ? sizeBytes : Math.min(expected, this.#bytes.length * 2);
    const bytes = new Uint8Array(Math.min(MOST_TEXT_BYTES, Math.max(sizeBytes, size)));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  finish(): ReadColumn {
    return { type: "string", data: this.#toData() };
  }

  #toData(): ColumnData {
    const parts = { length: this.rows, ...this.validity.parts() };
    if (this.#texts !== undefined) {
      const dictionary = toDictionary(textParts(this.#texts));
      return toColumnData("string", { ...parts, values: this.#codes, dictionary });
    }
    const end = this.#offsets[this.row] ?? 0;
    // A part of a list has fewer values than rows were told: the others are empty.
    this.#offsets.fill(end, this.row + 1);
    const isTight = this.#bytes.length <= end * 1.1 + 64;
    const values = isTight ? this.#bytes.subarray(0, end) : this.#bytes.slice(0, end);
    return toColumnData("string", { ...parts, values, offsets: this.#offsets });
  }
}

/** The items that codes stand for, one after the other. */
function pick({ bytes, offsets }: ByteItems, codes: Int32Array): ByteItems {
  const places = new Int32Array(codes.length + 1);
  let end = 0;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    end += (offsets[code + 1] as number) - (offsets[code] as number);
    if (end > MOST_TEXT_BYTES) throw new RangeError("its texts are more than 2 GiB in all");
    places[at + 1] = end;
  }
  const picked = new Uint8Array(end);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    const start = offsets[code] as number;
    const to = places[at] as number;
    const length = (offsets[code + 1] as number) - start;
    if (length > 32) picked.set(bytes.subarray(start, start + length), to);
    else
      for (let byte = 0; byte < length; byte++) picked[to + byte] = bytes[start + byte] as number;
  }
  return { bytes: picked, offsets: places };
}

/** Looks whether texts are UTF-8, each for itself. */
function checkTexts(items: ByteItems, refuse: Refuse): void {
  const { bytes, offsets } = items;
  let isWhole = isUtf8(bytes);
  for (let at = 0; isWhole && at < countOf(items); at++) {
    const start = offsets[at] as number;
    isWhole = start === offsets[at + 1] || ((bytes[start] as number) & 0xc0) !== 0x80;
  }
  for (let at = 0; !isWhole && at < countOf(items); at++) {
    const text = bytes.subarray(offsets[at], offsets[at + 1]);
    if (!isUtf8(text))
      refuse(at, `bytes that are not UTF-8: ${Buffer.from(text).toString("hex").slice(0, 40)}`);
  }
}

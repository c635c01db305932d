/** Columns of texts while the pages of a Parquet file come in. */
import { isUtf8 } from "node:buffer";
import { dictionaryLimit, textParts } from "../column/column-build.ts";
import { type ColumnData, toColumnData, toDictionary } from "../column/column-data.ts";
import {
  codeError,
  copyNarrow,
  type PageRows,
  ParquetColumn,
  type ReadColumn,
  type Refuse,
  spreadCodes,
} from "./parquet-column.ts";
import { type ByteItems, countOf, type Items } from "./parquet-items.ts";

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

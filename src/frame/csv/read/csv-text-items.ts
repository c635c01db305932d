import { expectation } from "../../../errors.ts";
import { dictionaryLimit } from "../../column/column-build.ts";
import { type ColumnData, toColumnData, toDictionary } from "../../column/column-data.ts";
import { BARE, ESCAPED } from "./csv-fields.ts";
import { CsvItems, fitted, grown, type MissingRows } from "./csv-items.ts";

/** Words that may mean "missing", found among bytes. */
export class WordSet {
  readonly #words: ReadonlySet<string>;
  readonly #longest: number;
  readonly #first = new Uint8Array(256);

  constructor(words: readonly string[]) {
    this.#words = new Set(words);
    const bytes = words.map((word) => Buffer.from(word));
    this.#longest = Math.max(0, ...bytes.map(({ length }) => length));
    for (const word of bytes) this.#first[word[0] ?? 0] = 1;
  }

  has(bytes: Buffer, start: number, end: number): boolean {
    if (end - start > this.#longest || end === start) return false;
    if (this.#first[bytes[start] as number] !== 1) return false;
    return this.#words.has(bytes.toString("utf8", start, end));
  }
}

/** Fields that are unlike the others of their column. */
export interface Exceptions {
  count: number;
  /** of the first, from 0 */
  readonly row: number;
  readonly text: string;
}

/** How the texts of a column are written. */
export interface TextForms {
  /** the signs within quotes that stand before one that is meant as itself */
  readonly quote: number;
  readonly escape: number;
  /** what is missing wherever it stands */
  readonly missing: WordSet;
  /** what is missing, bare, where all texts of the column are quoted */
  readonly words: WordSet;
  /** whether every text is quoted, as in our own CSV */
  readonly isOwn: boolean;
  /** the column as messages name it */
  readonly place: string;
}

const MAX_BYTES = 2 ** 31 - 1;
const PRIME = 0x9e37_79b1;

/**
 * Texts as UTF-8: codes into a dictionary while few of them differ, else one after the other. No
 * string is made of any.
 */
export class TextItems extends CsvItems {
  readonly #forms: TextForms;
  /** whether bare words are texts: so from the first bare text on */
  areWordsTexts: boolean;
  /** bare words that were seen */
  words: Exceptions | undefined;
  /** fields that are missing wherever they stand */
  signs: Exceptions | undefined;
  /** the different texts; once they are too many, the texts of all rows */
  #bytes = Buffer.alloc(0);
  #size = 0;
  /** where each text of the dictionary begins, and where the last ends */
  #places = new Int32Array(65);
  #different = 0;
  /** code + 1 by hash; 0 is free */
  #table = new Int32Array(256);
  #codes: Int32Array<ArrayBuffer> | undefined = new Int32Array(0);
  /** where the text of each row begins, and where the last ends, without a dictionary */
  #offsets = new Int32Array(0);
  #nextRow = 0;
  #expected = 0;

  constructor(missing: MissingRows, forms: TextForms, areWordsTexts: boolean) {
    super(missing);
    this.#forms = forms;
    this.areWordsTexts = areWordsTexts;
  }

  reserve(rows: number, expected: number): void {
    this.#expected = Math.max(rows, expected);
    if (this.#codes === undefined) {
      if (this.#offsets.length <= rows) {
        this.#offsets = grown(this.#offsets, rows + 1, expected + 1, Int32Array);
      }
    } else if (this.#codes.length < rows) {
      this.#codes = grown(this.#codes, rows, expected, Int32Array);
    }
  }

  /** False for a bare text after bare words that were taken for missing, or in our own CSV. */
  protected take(bytes: Buffer, start: number, end: number, row: number, kind: number): boolean {
    if (this.#forms.missing.has(bytes, start, end)) {
      this.missing.add(row);
      this.signs = counted(this.signs, bytes, start, end, row);
      return true;
    }
    if (kind === BARE && !this.#takesBare(bytes, start, end, row)) return this.missing.has(row);
    this.#add(bytes, start, kind === ESCAPED ? this.#unescape(bytes, start, end) : end, row);
    return true;
  }

  /** Whether a field without quotes is a text; if not, and it is a word, it is missing. */
  #takesBare(bytes: Buffer, start: number, end: number, row: number): boolean {
    const isWord = this.#forms.words.has(bytes, start, end);
    if (isWord) {
      this.words = counted(this.words, bytes, start, end, row);
    }
    if (this.areWordsTexts) return true;
    if (isWord) this.missing.add(row);
    else if (!this.#forms.isOwn && this.words === undefined) this.areWordsTexts = true;
    return this.areWordsTexts;
  }

  /** Moves a field together where signs stand before others; the bytes are read once only. */
  #unescape(bytes: Buffer, start: number, end: number): number {
    const { quote, escape: escapeSign } = this.#forms;
    let to = start;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === quote || byte === escapeSign) at++;
      bytes[to++] = bytes[at] as number;
    }
    return to;
  }

  #add(bytes: Buffer, start: number, end: number, row: number): void {
    if (this.#codes === undefined) {
      this.#append(bytes, start, end);
      this.#fill(row);
      this.#offsets[row + 1] = this.#size;
      this.#nextRow = row + 1;
      return;
    }
    this.#codes[row] = this.#codeOf(bytes, start, end);
    this.#nextRow = row + 1;
    if (this.#different > dictionaryLimit(this.#expected)) this.#spread();
  }

  /** The rows before this one that are missing have no text. */
  #fill(row: number): void {
    const size = this.#offsets[this.#nextRow] ?? 0;
    for (let at = this.#nextRow + 1; at <= row; at++) this.#offsets[at] = size;
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const size = this.#size + end - start;
    if (size > this.#bytes.length) this.#growBytes(size);
    // Most texts are short: a call costs more than their bytes.
    if (end - start > 32) bytes.copy(this.#bytes, this.#size, start, end);
    else {
      const target = this.#bytes;
      for (let at = start, to = this.#size; at < end; at++, to++) target[to] = bytes[at] as number;
    }
    this.#size = size;
  }

  #growBytes(size: number): void {
    if (size > MAX_BYTES) throw sizeError(this.#forms.place);
    const isSpread = this.#codes === undefined && this.#nextRow > 0;
    const expected = isSpread ? (size / this.#nextRow) * this.#expected * 1.05 : 0;
    const length = Math.max(size * 1.5, expected, 1024);
    const bytes = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, Math.ceil(length)));
    this.#bytes.copy(bytes, 0, 0, this.#size);
    this.#bytes = bytes;
  }

  /** The code of a text, which may be new. */
  #codeOf(bytes: Buffer, start: number, end: number): number {
    const mask = this.#table.length - 1;
    let slot = hashOf(bytes, start, end) & mask;
    for (;;) {
      const code = (this.#table[slot] as number) - 1;
      if (code < 0) return this.#addText(bytes, start, end, slot);
      if (this.#isText(code, bytes, start, end)) return code;
      slot = (slot + 1) & mask;
    }
  }

  #isText(code: number, bytes: Buffer, start: number, end: number): boolean {
    const place = this.#places[code] as number;
    if ((this.#places[code + 1] as number) - place !== end - start) return false;
    const known = this.#bytes;
    for (let at = start, to = place; at < end; at++, to++) {
      if (known[to] !== bytes[at]) return false;
    }
    return true;
  }

  #addText(bytes: Buffer, start: number, end: number, slot: number): number {
    const code = this.#different++;
    this.#table[slot] = code + 1;
    this.#append(bytes, start, end);
    if (code + 1 >= this.#places.length) {
      this.#places = grown(this.#places, code + 2, 0, Int32Array);
    }
    this.#places[code + 1] = this.#size;
    if (this.#different * 2 > this.#table.length) this.#growTable();
    return code;
  }

  #growTable(): void {
    const table = new Int32Array(this.#table.length * 4);
    const mask = table.length - 1;
    for (let code = 0; code < this.#different; code++) {
      const [start, end] = [this.#places[code] as number, this.#places[code + 1] as number];
      let slot = hashOf(this.#bytes, start, end) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = code + 1;
    }
    this.#table = table;
  }

  /** Gives up the dictionary: from here on every row has its own text. */
  #spread(): void {
    const codes = this.#codes ?? new Int32Array(0);
    const [texts, places, rows] = [this.#bytes, this.#places, this.#nextRow];
    this.#codes = undefined;
    this.#bytes = Buffer.alloc(0);
    this.#size = 0;
    this.#table = new Int32Array(0);
    this.#places = new Int32Array(0);
    this.#offsets = new Int32Array(Math.max(rows, this.#expected) + 1);
    for (let row = 0; row < rows; row++) {
      const code = codes[row] as number;
      if (!this.missing.has(row)) {
        this.#append(texts, places[code] as number, places[code + 1] as number);
      }
      this.#offsets[row + 1] = this.#size;
      this.#nextRow = row + 1;
    }
  }

  /** Texts are taken as they stand: there are no other rules for them. */
  put(): void {
    throw new Error("A text of a CSV is read as it stands");
  }

  toData(rows: number): ColumnData {
    if (this.#different > dictionaryLimit(rows) && this.#codes !== undefined) this.#spread();
    const missing = this.missing.parts(rows);
    if (this.#codes !== undefined) {
      const length = this.#different;
      const values = Buffer.from(this.#bytes.subarray(0, this.#size));
      const offsets = this.#places.slice(0, length + 1);
      const none = { nullCount: 0, validity: new Uint8Array(0) };
      const dictionary = toDictionary({ length, values: new Uint8Array(values), offsets, ...none });
      const codes = fitted(this.#codes, rows);
      return toColumnData("string", { length: rows, values: codes, dictionary, ...missing });
    }
    this.reserve(rows, rows);
    this.#fill(rows);
    const { buffer, byteOffset } = this.#bytes;
    const values = fitted(new Uint8Array(buffer, byteOffset, this.#bytes.length), this.#size);
    const offsets = this.#offsets.subarray(0, rows + 1);
    return toColumnData("string", { length: rows, values, offsets, ...missing });
  }
}

function counted(
  known: Exceptions | undefined,
  bytes: Buffer,
  start: number,
  end: number,
  row: number,
): Exceptions {
  if (known === undefined) return { count: 1, row, text: bytes.toString("utf8", start, end) };
  known.count++;
  return known;
}

/** A number by which texts are found: of four bytes at a time, since each step waits for the last. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 3 < end; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const high = ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ low ^ high, PRIME);
    hash ^= hash >>> 13;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), PRIME);
  return hash ^ (hash >>> 15);
}

function sizeError(place: string) {
  return expectation("HEX_DATA_INVALID", {
    place: `the texts of ${place}`,
    expected: "of at most 2 GiB in all",
    got: "more",
  });
}

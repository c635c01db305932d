import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  readText,
} from "../../column/column-data.ts";
import { CSV_LIMITS, limitError } from "../csv-form.ts";
import { ColumnFields, type FieldsOptions } from "./csv-write-fields.ts";

const QUOTE = 34;
/** A text from this length on is copied by one call, which costs more than the bytes of a shorter one. */
const LONG = 48;

/** Texts one after the other in UTF-8. */
interface TextBytes {
  readonly bytes: Uint8Array;
  /** where each text starts, and where the last ends */
  readonly offsets: Int32Array;
  readonly hasQuotes: boolean;
}

export interface TextFieldsOptions extends FieldsOptions {
  /** what is written in place of a text */
  readonly toText?: ((text: string) => string) | undefined;
}

/** Fields of texts, always quoted. */
export class TextFields extends ColumnFields {
  readonly #column: FrameColumn;
  readonly #toText: ((text: string) => string) | undefined;
  /** what stands for the texts of the dictionary, as far as it was asked for */
  readonly #known: string[] = [];
  #texts: TextBytes;
  /** which of the texts each field is that was measured last */
  readonly #chosen: Int32Array;

  constructor(column: FrameColumn, { toText, ...options }: TextFieldsOptions) {
    super(column.data, options);
    this.#column = column;
    this.#toText = toText;
    this.#texts = toText === undefined ? storedTexts(column.data) : joinTexts([]);
    this.#chosen = new Int32Array(options.mostRows);
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    if (this.#toText === undefined) this.#chooseStored(start, count);
    else this.#chooseChanged(start, count, this.#toText);
    const { bytes, offsets, hasQuotes } = this.#texts;
    for (let index = 0; index < count; index++) {
      const text = this.#chosen[index] ?? 0;
      const from = offsets[text] ?? 0;
      const end = offsets[text + 1] ?? from;
      const width = end - from + 2 + (hasQuotes ? countQuotes(bytes, from, end) : 0);
      if (width > CSV_LIMITS.maxFieldBytes) this.#checkMissing(start + index);
      widths[index] = width;
    }
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    const { bytes: source, offsets } = this.#texts;
    const chosen = this.#chosen;
    for (let index = 0; index < count; index++) {
      const width = widths[index] ?? 0;
      if (width === 0) continue;
      const place = places[index] ?? 0;
      const end = place + width;
      places[index] = end;
      const text = chosen[index] ?? 0;
      const from = offsets[text] ?? 0;
      const length = (offsets[text + 1] ?? from) - from;
      bytes[place] = QUOTE;
      if (length === width - 2) copyBytes(source, from, length, bytes, place + 1);
      else copyQuoted(source, from, length, bytes, place + 1);
      bytes[end - 1] = QUOTE;
    }
  }

  #chooseStored(start: number, count: number): void {
    const chosen = this.#chosen;
    const codes = dictionaryOf(this.#column.data)?.values;
    if (codes instanceof Int32Array) chosen.set(codes.subarray(start, start + count));
    else for (let index = 0; index < count; index++) chosen[index] = start + index;
  }

  #chooseChanged(start: number, count: number, toText: (text: string) => string): void {
    const texts: string[] = [];
    for (let index = 0; index < count; index++) {
      texts.push(this.#changedText(start + index, toText));
      this.#chosen[index] = index;
    }
    this.#texts = joinTexts(texts);
  }

  #changedText(row: number, toText: (text: string) => string): string {
    const { data } = this.#column;
    if (data.nullCount > 0 && !batchOf(data).isValid(row)) return "";
    const coded = dictionaryOf(data);
    if (coded === undefined) return toText(readText(data, row));
    const code = Number(coded.values[row]);
    const text = this.#known[code] ?? toText(coded.cache[code] ?? "");
    this.#known[code] = text;
    return text;
  }

  /** A field that is too long to be read again may only be what a missing value leaves there. */
  #checkMissing(row: number): void {
    const { name, data } = this.#column;
    if (data.nullCount > 0 && !batchOf(data).isValid(row)) return;
    const place = `column ${JSON.stringify(name)}, row ${row + 1}`;
    throw limitError("HEX_FRAME_INVALID", place, CSV_LIMITS, "maxFieldBytes");
  }
}

/** The texts of a column, or of its dictionary, as they lie in memory. */
function storedTexts(data: ColumnData): TextBytes {
  const coded = dictionaryOf(data);
  const [batch, ...others] = coded?.dictionary.data ?? [batchOf(data)];
  const { values: bytes, offsets } = batch ?? {};
  const isPlain = bytes instanceof Uint8Array && offsets instanceof Int32Array;
  if (isPlain && others.length === 0) return { bytes, offsets, hasQuotes: bytes.includes(QUOTE) };
  return joinTexts(coded?.cache ?? []);
}

function joinTexts(texts: readonly string[]): TextBytes {
  const offsets = new Int32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) {
    offsets[index + 1] = (offsets[index] ?? 0) + Buffer.byteLength(text);
  }
  const bytes = Buffer.from(texts.join(""));
  return { bytes, offsets, hasQuotes: bytes.includes(QUOTE) };
}

function countQuotes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (bytes[at] === QUOTE) count++;
  return count;
}

function copyBytes(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  place: number,
): void {
  if (length >= LONG) bytes.set(source.subarray(from, from + length), place);
  else for (let at = 0; at < length; at++) bytes[place + at] = source[from + at] ?? 0;
}

/** Copies a text with each of its quotes twice. */
function copyQuoted(
  source: Uint8Array,
  from: number,
  length: number,
  bytes: Uint8Array,
  place: number,
): void {
  let into = place;
  for (let at = from; at < from + length; at++) {
    const byte = source[at] ?? 0;
    bytes[into++] = byte;
    if (byte === QUOTE) bytes[into++] = QUOTE;
  }
}

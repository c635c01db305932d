/** Texts of Arrow, in all their layouts, as columns of a frame. */
import { isUtf8 } from "node:buffer";
import type { Column } from "@uwdata/flechette";
import { textParts } from "../column/column-build.ts";
import {
  type ColumnData,
  type ColumnParts,
  toColumnData,
  toDictionary,
  Validity,
} from "../column/column-data.ts";
import { type ArrowArray, isMissing, itemsIn, placesOf } from "./arrow-array.ts";
import { codesOf } from "./arrow-check.ts";
import { check } from "./arrow-message.ts";
import type { ArrowField } from "./arrow-type.ts";

type Missing = Pick<ColumnParts, "length" | "nullCount" | "validity">;

/** The bytes of texts, and where each of them begins and ends. */
export interface TextParts {
  readonly values: Uint8Array;
  readonly offsets: Int32Array;
}

const MOST_BYTES = 2 ** 31 - 1;
/** A view of a longer text names a buffer. */
const SHORT_BYTES = 12;

/** A column of texts. */
export function readTexts(
  field: ArrowField,
  arrays: readonly ArrowArray[],
  missing: Missing,
): ColumnData {
  if (field.dictionary !== undefined) return readCoded(arrays, missing);
  return toColumnData("string", { ...missing, ...readTextParts(arrays) });
}

/** The texts of arrays one after the other, which are UTF-8. */
function readTextParts(arrays: readonly ArrowArray[]): TextParts {
  const parts = bytesOf(arrays);
  checkUtf8(parts);
  return parts;
}

/** The bytes of the values of arrays of texts or binaries: the memory of a lone array, else a copy. */
export function bytesOf(arrays: readonly ArrowArray[]): TextParts {
  const parts = arrays.map(partsOf);
  const [first, ...others] = parts;
  if (first !== undefined && others.length === 0) return first;
  const rows = parts.reduce((sum, { offsets }) => sum + offsets.length - 1, 0);
  const sizeBytes = parts.reduce((sum, part) => sum + endOf(part) - startOf(part), 0);
  check(sizeBytes <= MOST_BYTES, "more than 2 GiB of one column");
  const values = new Uint8Array(sizeBytes);
  const offsets = new Int32Array(rows + 1);
  let [row, end] = [0, 0];
  for (const part of parts) {
    const start = startOf(part);
    values.set(part.values.subarray(start, endOf(part)), end);
    for (let at = 1; at < part.offsets.length; at++)
      offsets[++row] = (part.offsets[at] ?? 0) - start + end;
    end += endOf(part) - start;
  }
  return { values, offsets };
}

function startOf({ offsets }: TextParts): number {
  return offsets[0] ?? 0;
}

function endOf({ offsets }: TextParts): number {
  return offsets[offsets.length - 1] ?? 0;
}

function partsOf(array: ArrowArray): TextParts {
  const { type } = array.field;
  if (type.kind !== "text" && type.kind !== "binary") throw new Error("Texts or binaries are read");
  if (type.layout === "view") return fromViews(array);
  const [first = new Uint8Array(0), second = new Uint8Array(0)] = array.buffers;
  if (type.layout !== "fixed") return { values: second, offsets: placesOf(array, type.layout) };
  const { width } = type;
  check(width * array.length <= MOST_BYTES, "a batch of more than 2 GiB of one column");
  return {
    values: first,
    offsets: Int32Array.from({ length: array.length + 1 }, (_, row) => row * width),
  };
}

/** Views name a buffer and a place in it, or hold a short text themselves. */
function fromViews(array: ArrowArray): TextParts {
  const { length, buffers } = array;
  const [views = new Uint8Array(0), ...data] = buffers;
  const words = itemsIn(views, Int32Array, length * 4);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, length * 16);
  const offsets = viewOffsets(array, words);
  const [end = 0] = offsets.subarray(-1);
  const values = new Uint8Array(end);
  for (let row = 0; row < length; row++) {
    const [at = 0, next = 0] = offsets.subarray(row, row + 2);
    const [, , buffer = 0, start = 0] = words.subarray(4 * row, 4 * row + 4);
    const isShort = next - at <= SHORT_BYTES;
    const [from = bytes, first] = isShort ? [bytes, 16 * row + 4] : [data[buffer], start];
    copyBytes(from, first, values, { at, next });
  }
  return { values, offsets };
}

/** Short texts are copied faster one byte after the other. */
function copyBytes(
  from: Uint8Array,
  first: number,
  to: Uint8Array,
  { at, next }: { readonly at: number; readonly next: number },
): void {
  if (next - at > 32) to.set(from.subarray(first, first + next - at), at);
  else for (let byte = at; byte < next; byte++) to[byte] = from[first + byte - at] ?? 0;
}

function viewOffsets(array: ArrowArray, words: Int32Array): Int32Array {
  const offsets = new Int32Array(array.length + 1);
  let end = 0;
  for (let row = 0; row < array.length; row++) {
    if (!isMissing(array, row)) end += words[4 * row] ?? 0;
    check(end <= MOST_BYTES, "a batch of more than 2 GiB of one column");
    offsets[row + 1] = end;
  }
  return offsets;
}

/** Decoders put U+FFFD in the place of bytes that are no text, without a word. */
function checkUtf8({ values, offsets }: TextParts): void {
  const start = offsets[0] ?? 0;
  const end = offsets[offsets.length - 1] ?? 0;
  check(isUtf8(values.subarray(start, end)), "bytes that are not UTF-8 in a column of texts");
  for (let row = 0; row < offsets.length; row++) {
    const place = offsets[row] ?? 0;
    const isInside = place < end && ((values[place] ?? 0) & 0b1100_0000) === 0b1000_0000;
    check(!isInside, "a text that begins within a character");
  }
}

/** Codes into dictionaries, of which batches may have different ones, as codes into one. */
function readCoded(arrays: readonly ArrowArray[], missing: Missing): ColumnData {
  const [first, ...others] = arrays;
  const own = first && others.length === 0 ? toOwnCodes(first, missing) : undefined;
  if (own !== undefined) return own;
  const codes = new Int32Array(missing.length);
  const validity = new Validity(missing.length);
  const codeOf = new Map<string, number>();
  const known = new Map<unknown, Int32Array>();
  let start = 0;
  for (const array of arrays) {
    const { dictionary = [] } = array;
    const places = known.get(dictionary) ?? toCodes(dictionary, codeOf);
    known.set(dictionary, places);
    for (const [row, place] of placesByRow(array, places).entries()) {
      if (place < 0) validity.clear(start + row);
      else codes[start + row] = place;
    }
    start += array.length;
  }
  const dictionary = toDictionary(textParts([...codeOf.keys()]));
  const { length } = codes;
  return toColumnData("string", { length, values: codes, dictionary, ...validity.parts() });
}

function placesByRow(array: ArrowArray, places: Int32Array): Int32Array {
  return Int32Array.from(codesOf(array), (code, row) => {
    return isMissing(array, row) ? -1 : (places[code] ?? -1);
  });
}

/** The codes of an array as they lie there; undefined when they are not what a frame keeps. */
function toOwnCodes(array: ArrowArray, missing: Missing): ColumnData | undefined {
  const [texts, ...others] = array.dictionary ?? [];
  if (texts === undefined || others.length > 0 || texts.nullCount > 0) return undefined;
  const dictionary = dictionaryOf([texts], texts.length);
  // Rows are compared by their codes, so a dictionary has to name each text once.
  if (new Set(dictionary.cache()).size < dictionary.length) return undefined;
  return toColumnData("string", {
    ...missing,
    values: toInside(codesOf(array), texts.length),
    dictionary,
  });
}

/** Codes of 32 bits, with 0 for those that lie under what is missing and stand for no text. */
function toInside(codes: ReturnType<typeof codesOf>, length: number): Int32Array {
  const isInside = (code: number) => code >= 0 && code < length;
  const values = codes instanceof Int32Array ? codes : Int32Array.from(codes);
  return values.every(isInside) ? values : values.map((code) => (isInside(code) ? code : 0));
}

/** For each text of a dictionary the code of the same text in all of them; −1 for a missing one. */
function toCodes(dictionary: readonly ArrowArray[], codeOf: Map<string, number>): Int32Array {
  const length = dictionary.reduce((sum, array) => sum + array.length, 0);
  const texts = dictionaryOf(dictionary, length);
  const present = dictionary.flatMap((array) => {
    return Array.from({ length: array.length }, (_, row) => !isMissing(array, row));
  });
  return Int32Array.from(present, (isPresent, at) => {
    if (!isPresent) return -1;
    const text = texts.at(at) ?? "";
    const code = codeOf.get(text) ?? codeOf.size;
    if (code === codeOf.size) codeOf.set(text, code);
    return code;
  });
}

function dictionaryOf(arrays: readonly ArrowArray[], length: number): Column<string> {
  const none = new Uint8Array(0);
  return toDictionary({ length, nullCount: 0, validity: none, ...readTextParts(arrays) });
}

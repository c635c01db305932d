/** Codes of Arrow into dictionaries of texts as columns of a frame. */
import type { Column } from "@uwdata/flechette";
import { dictionaryLimit, textParts } from "../column/column-build.ts";
import { type ColumnData, toColumnData, toDictionary, Validity } from "../column/column-data.ts";
import { type ArrowArray, isMissing, type Missing } from "./arrow-array.ts";
import { codesOf } from "./arrow-check.ts";
import { check } from "./arrow-message.ts";
import { copyBytes, MOST_BYTES, readTextParts, type TextParts } from "./arrow-texts.ts";

/** Codes into dictionaries, of which batches may have different ones, as codes into one. */
export function readCoded(arrays: readonly ArrowArray[], missing: Missing): ColumnData {
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
  const values = toInside(array, texts.length);
  const parts = readTextParts([texts]);
  if (texts.length > dictionaryLimit(array.length)) {
    return toColumnData("string", { ...missing, ...textsByRow(parts, values, array) });
  }
  const dictionary = toDictionary({ ...NOTHING_MISSING, length: texts.length, ...parts });
  // Rows are compared by their codes, so a dictionary has to name each text once.
  if (new Set(dictionary.cache()).size < dictionary.length) return undefined;
  return toColumnData("string", { ...missing, values, dictionary });
}

/** The text of each row, where a dictionary is too large to be worth it: its own memory if it is in order. */
function textsByRow(parts: TextParts, codes: Int32Array, array: ArrowArray): TextParts {
  if (codes.length === parts.offsets.length - 1 && codes.every((code, row) => code === row)) {
    return parts;
  }
  const starts = parts.offsets;
  const offsets = new Int32Array(codes.length + 1);
  const sizeOf = (code: number) => Number(starts[code + 1]) - Number(starts[code]);
  let end = 0;
  for (let row = 0; row < codes.length; row++) {
    if (!isMissing(array, row)) end += sizeOf(Number(codes[row]));
    check(end <= MOST_BYTES, "more than 2 GiB of one column");
    offsets[row + 1] = end;
  }
  const values = new Uint8Array(end);
  for (let row = 0; row < codes.length; row++) {
    const place = { at: Number(offsets[row]), next: Number(offsets[row + 1]) };
    copyBytes(parts.values, Number(starts[Number(codes[row])]), values, place);
  }
  return { values, offsets };
}

const NOTHING_MISSING = { nullCount: 0, validity: new Uint8Array(0) };

/** Codes of 32 bits, with 0 for those that lie under what is missing and stand for no text. */
function toInside(array: ArrowArray, length: number): Int32Array {
  const codes = codesOf(array);
  const values = codes instanceof Int32Array ? codes : new Int32Array(codes);
  const isInside = (code: number) => code >= 0 && code < length;
  return array.nullCount === 0 || values.every(isInside)
    ? values
    : values.map((code) => (isInside(code) ? code : 0));
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
  return toDictionary({ ...NOTHING_MISSING, length, ...readTextParts(arrays) });
}

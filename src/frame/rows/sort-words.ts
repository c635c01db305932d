/** The words by which the rows of a column are sorted, where they are not missing. */
import { textParts } from "../column/column-build.ts";
import { batchOf, dictionaryOf, type FrameColumn, halvesOf } from "../column/column-data.ts";
import { numbersOf, toReader } from "../column/column-value.ts";
import { type TextBytes, textBytesOf } from "../column/text-bytes.ts";
import type { SortWords } from "./radix-sort.ts";
import { foldCase, textRanks } from "./text-order.ts";

/** The bit that numbers with a sign have turned, to be in order as ones without. */
const SIGN = 0x8000_0000;

/** @param foldsCase whether texts are ordered as if all letters were small, unless nothing else tells them apart */
export function sortWords(column: FrameColumn, foldsCase: boolean): SortWords[] {
  const { type, data } = column;
  if (type === "string") {
    const coded = dictionaryOf(data);
    if (coded === undefined) return longTextWords(column, foldsCase);
    const ranks = textRanks(coded.cache, foldsCase ? foldCase : (text) => text);
    const { values } = coded;
    return [oneWord((row) => ranks[values[row] as number] as number)];
  }
  const { values } = batchOf(data);
  if (values instanceof Float64Array) return [floatWords(values)];
  if (values instanceof BigInt64Array) {
    const halves = halvesOf(values);
    return [
      oneWord((row) => ((halves[2 * row + 1] as number) ^ SIGN) >>> 0),
      oneWord((row) => (halves[2 * row] as number) >>> 0),
    ];
  }
  const read = numbersOf(column) ?? Number;
  return [oneWord((row) => (read(row) ^ SIGN) >>> 0)];
}

function oneWord(read: (row: number) => number): SortWords {
  return { read, hasEnded: (_row, index) => index > 0 };
}

/**
 * The bits of numbers in the order of the numbers: the sign turned, of negative ones all. Both zeros are
 * one, and so are all NaN, which may have a sign.
 */
function floatWords(values: Float64Array): SortWords {
  const halves = halvesOf(values);
  return {
    read: (row, index) => {
      const value = values[row] as number;
      if (value === 0) return index === 0 ? SIGN : 0;
      if (Number.isNaN(value)) return 0xffff_ffff;
      const half = halves[2 * row + 1 - index] as number;
      if (value < 0) return ~half >>> 0;
      return (index === 0 ? half ^ SIGN : half) >>> 0;
    },
    hasEnded: (_row, index) => index > 1,
  };
}

function longTextWords(column: FrameColumn, foldsCase: boolean): SortWords[] {
  const texts = textBytesOf(column.data);
  const own = [byteWords(texts), lengthWord(texts)];
  if (!foldsCase) return own;
  const folded = foldTexts(column, texts);
  return [byteWords(folded), lengthWord(folded), ...own];
}

/** Four bytes of UTF-8 a word: bytes are in the order of the characters. A text that ended goes on with zeros. */
function byteWords({ bytes, places }: TextBytes): SortWords {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    read: (row, index) => {
      const at = (places[row] as number) + 4 * index;
      const left = (places[row + 1] as number) - at;
      if (left >= 4) return view.getUint32(at);
      let word = 0;
      for (let byte = 0; byte < left; byte++) word |= view.getUint8(at + byte) << (24 - 8 * byte);
      return word >>> 0;
    },
    hasEnded: (row, index) => (places[row] as number) + 4 * index >= (places[row + 1] as number),
  };
}

/** Tells texts apart that differ only in zeros at their end. */
function lengthWord({ places }: TextBytes): SortWords {
  return oneWord((row) => (places[row + 1] as number) - (places[row] as number));
}

function foldTexts({ data }: FrameColumn, { bytes, places }: TextBytes): TextBytes {
  if (bytes.every((byte) => byte < 128)) {
    return { bytes: bytes.map((byte) => (byte > 64 && byte < 91 ? byte + 32 : byte)), places };
  }
  const read = toReader(data);
  const folded = Array.from({ length: data.length }, (_, row) => {
    const text = read(row);
    return typeof text === "string" ? foldCase(text) : "";
  });
  const { values, offsets } = textParts(folded);
  if (values instanceof Uint8Array && offsets !== undefined)
    return { bytes: values, places: offsets };
  throw new Error("Texts are kept in bytes, with places of 32 bits");
}

/** The values of a page as typed items, by the encoding that the page names. */
import type { Encoding, SchemaElement } from "hyparquet";
import { alpDecode } from "hyparquet/src/alp.js";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readRuns } from "./parquet-runs.ts";

/** Values of bytes, one after the other: where each begins, and where the last ends. */
export interface ByteItems {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** Values as Parquet's own types have them; booleans are bytes of 0 and 1. */
export type Items =
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | Uint8Array
  | ByteItems;

export function isBytes(items: Items): items is ByteItems {
  return "offsets" in items;
}

/** How many values there are. */
export function countOf(items: Items): number {
  return isBytes(items) ? items.offsets.length - 1 : items.length;
}

/** A column as its file describes it. */
export type LeafElement = Pick<SchemaElement, "type" | "type_length">;

/** Whether a page has codes of its dictionary in place of values. */
export function isCoded(encoding: Encoding): boolean {
  return encoding === "RLE_DICTIONARY" || encoding === "PLAIN_DICTIONARY";
}

/** The codes of a page. @throws {RangeError} when there are fewer */
export function readCodes(bytes: Uint8Array, count: number): Int32Array {
  const codes = new Int32Array(count);
  const bitWidth = bytes[0] ?? 0;
  if (bitWidth > 0) readRuns({ bytes, start: 1, end: bytes.length, bitWidth }, codes);
  return codes;
}

/**
 * The values of a page without its missing ones.
 * @throws {RangeError} when there are fewer, or they are in an encoding that is not known here
 */
export function readItems(
  bytes: Uint8Array,
  encoding: Encoding,
  element: LeafElement,
  count: number,
): Items {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  const { type } = element;
  if (count === 0) return readPlain(bytes, element, 0);
  switch (encoding) {
    case "PLAIN":
      return readPlain(bytes, element, count);
    case "RLE":
      return readFlags(bytes, count);
    case "BYTE_STREAM_SPLIT":
      if (type === undefined) break;
      return toItems(byteStreamSplit(reader, count, type, element.type_length));
    case "ALP":
      if (type === undefined) break;
      return toItems(alpDecode(reader, count, type));
    case "DELTA_BINARY_PACKED": {
      const items = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(reader, count, items);
      return items;
    }
    case "DELTA_LENGTH_BYTE_ARRAY":
    case "DELTA_BYTE_ARRAY": {
      const items: Uint8Array[] = new Array(count);
      const unpack = encoding === "DELTA_BYTE_ARRAY" ? deltaByteArray : deltaLengthByteArray;
      unpack(reader, count, items);
      return joinItems(items);
    }
  }
  throw new RangeError(`a page is encoded as ${encoding}`);
}

/** The booleans of a page of runs, after the runs' length. */
function readFlags(bytes: Uint8Array, count: number): Uint8Array {
  const flags = new Uint8Array(count);
  readRuns({ bytes, start: 4, end: bytes.length, bitWidth: 1 }, flags);
  return flags;
}

/** Values one after the other, each as it is. */
export function readPlain(
  bytes: Uint8Array,
  { type, type_length: width = 0 }: LeafElement,
  count: number,
): Items {
  switch (type) {
    case "INT32":
      return numbersOf(bytes, count, Int32Array);
    case "INT64":
      return numbersOf(bytes, count, BigInt64Array);
    case "FLOAT":
      return numbersOf(bytes, count, Float32Array);
    case "DOUBLE":
      return numbersOf(bytes, count, Float64Array);
    case "BOOLEAN":
      return bitsOf(bytes, count);
    case "BYTE_ARRAY":
      return textsOf(bytes, count);
    case "INT96":
      return piecesOf(bytes, count, 12);
    case "FIXED_LEN_BYTE_ARRAY":
      return piecesOf(bytes, count, width);
    default:
      throw new RangeError("a column has no type");
  }
}

function numbersOf<Numbers extends Int32Array | BigInt64Array | Float32Array | Float64Array>(
  bytes: Uint8Array,
  count: number,
  NumbersOf: {
    new (buffer: ArrayBufferLike, start: number, length: number): Numbers;
    readonly BYTES_PER_ELEMENT: number;
  },
): Numbers {
  const width = NumbersOf.BYTES_PER_ELEMENT;
  checkLength(bytes, count * width);
  // A copy, which `slice` of a Buffer is not.
  const aligned =
    bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes.subarray(0, count * width));
  return new NumbersOf(aligned.buffer, aligned.byteOffset, count);
}

function bitsOf(bytes: Uint8Array, count: number): Uint8Array {
  checkLength(bytes, (count + 7) >> 3);
  const flags = new Uint8Array(count);
  for (let row = 0; row < count; row++) flags[row] = ((bytes[row >> 3] as number) >> (row & 7)) & 1;
  return flags;
}

function piecesOf(bytes: Uint8Array, count: number, width: number): ByteItems {
  checkLength(bytes, count * width);
  const offsets = Int32Array.from({ length: count + 1 }, (_, row) => row * width);
  return { bytes: bytes.subarray(0, count * width), offsets };
}

/** Values after their lengths of four bytes, brought together. */
function textsOf(bytes: Uint8Array, count: number): ByteItems {
  const offsets = new Int32Array(count + 1);
  const packed = new Uint8Array(Math.max(0, bytes.length - 4 * count));
  let at = 0;
  let end = 0;
  for (let row = 0; row < count; row++) {
    const length = lengthAt(bytes, at);
    const start = at + 4;
    at = start + length;
    if (at > bytes.length) throw new RangeError("a page ends before its values do");
    if (length > 32) packed.set(bytes.subarray(start, at), end);
    else
      for (let byte = 0; byte < length; byte++) packed[end + byte] = bytes[start + byte] as number;
    end += length;
    offsets[row + 1] = end;
  }
  return { bytes: packed.subarray(0, end), offsets };
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const [low, second, third, high] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  if (high === undefined) throw new RangeError("a page ends before its values do");
  return (low as number) + (second as number) * 256 + (third as number) * 65_536 + high * 2 ** 24;
}

/** Values as the library gives them: typed numbers, or an array of bytes each. */
function toItems(values: unknown): Items {
  if (values instanceof Int32Array || values instanceof BigInt64Array) return values;
  if (values instanceof Float32Array || values instanceof Float64Array) return values;
  if (Array.isArray(values)) return joinItems(values);
  throw new RangeError("a page holds values of another type than its column");
}

function joinItems(items: readonly Uint8Array[]): ByteItems {
  const offsets = new Int32Array(items.length + 1);
  for (const [row, item] of items.entries()) offsets[row + 1] = (offsets[row] ?? 0) + item.length;
  const bytes = new Uint8Array(offsets[items.length] ?? 0);
  for (const [row, item] of items.entries()) bytes.set(item, offsets[row]);
  return { bytes, offsets };
}

function checkLength(bytes: Uint8Array, sizeBytes: number): void {
  if (bytes.length < sizeBytes) throw new RangeError("a page ends before its values do");
}

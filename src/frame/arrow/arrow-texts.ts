/** Texts of Arrow, in all their layouts, as columns of a frame. */
import { isUtf8 } from "node:buffer";
import { type ArrowArray, isMissing, itemsIn, placesOf } from "./arrow-array.ts";
import { check } from "./arrow-message.ts";

/** The bytes of texts, and where each of them begins and ends. */
export interface TextParts {
  readonly values: Uint8Array;
  readonly offsets: Int32Array;
}

/** Places in texts have 32 bits. */
export const MOST_BYTES = 2 ** 31 - 1;
/** A view of a longer text names a buffer. */
const SHORT_BYTES = 12;

/** The texts of arrays one after the other, which are UTF-8. */
export function readTextParts(arrays: readonly ArrowArray[]): TextParts {
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
    const at = Number(offsets[row]);
    const next = Number(offsets[row + 1]);
    const isShort = next - at <= SHORT_BYTES;
    const from = isShort ? bytes : (data[Number(words[4 * row + 2])] ?? bytes);
    const first = isShort ? 16 * row + 4 : Number(words[4 * row + 3]);
    copyBytes(from, first, values, { at, next });
  }
  return { values, offsets };
}

/** Short texts are copied faster one byte after the other. */
export function copyBytes(
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

import type { TypedArray } from "@uwdata/flechette";
import type { ColumnType } from "../schema.ts";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  halvesOf,
  toColumnData,
  unitOf,
  Validity,
} from "./column-data.ts";
import { missingTest } from "./column-value.ts";
import { type TextBytes, textBytesOf } from "./text-bytes.ts";
import { toUnreadData, unreadOf } from "./unread-column.ts";

/** Row numbers to gather; −1 stands for a row that is missing altogether. */
export type RowNumbers = Int32Array | Uint32Array;

/** A new column of the given rows of another, in the given order. */
export function takeRows(type: ColumnType, data: ColumnData, rows: RowNumbers): ColumnData {
  const read = unreadOf(data)?.take(rows);
  if (read !== undefined) return read;
  const batch = batchOf(data);
  const { length } = rows;
  const missing = takeValidity(data, rows);
  if (type === "boolean") {
    return toColumnData(type, { length, ...missing, values: takeBits(batch.values, rows) });
  }
  const dictionary = dictionaryOf(data)?.dictionary;
  if (type === "string" && dictionary === undefined) {
    return takeTextColumn(data, rows, missing);
  }
  const values = takeItems(batch.values, rows);
  const unit = unitOf(data);
  return toColumnData(type, {
    length,
    ...missing,
    values,
    unit,
    ...(dictionary && { dictionary }),
  });
}

/** Fewer texts than this are copied at once, so that they keep no others in memory. */
const MANY_TEXTS = 4096;

/** Many texts stay where they are until somebody needs their bytes beside each other. */
function takeTextColumn(
  data: ColumnData,
  rows: RowNumbers,
  missing: ReturnType<Validity["parts"]>,
): ColumnData {
  const { length } = rows;
  const copy = () =>
    toColumnData("string", { length, ...missing, ...takeTexts(textBytesOf(data), rows) });
  if (length < MANY_TEXTS) return copy();
  const at = (row: number) => {
    const source = rows[row] ?? -1;
    return source < 0 ? null : data.at(source);
  };
  const take = (next: RowNumbers) => {
    const sources = Int32Array.from(next, (row) => (row < 0 ? -1 : (rows[row] as number)));
    return takeRows("string", data, sources);
  };
  return toUnreadData({
    length,
    nullCount: missing.nullCount,
    reading: "any",
    of: data,
    read: copy,
    at,
    take,
  });
}

function takeValidity(data: ColumnData, rows: RowNumbers) {
  const validity = new Validity(rows.length);
  const hasNone = rows instanceof Int32Array && rows.some((row) => row < 0);
  if (data.nullCount > 0 || hasNone) {
    const isMissing = missingTest(data);
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] as number;
      if (row < 0 || isMissing(row)) validity.clear(at);
    }
  }
  return validity.parts();
}

function takeItems(items: TypedArray, rows: RowNumbers): TypedArray {
  if (items instanceof BigInt64Array) return takeWide(items, rows);
  if (items instanceof Float64Array) {
    const taken = new Float64Array(rows.length);
    for (let at = 0; at < rows.length; at++) taken[at] = items[rows[at] as number] ?? 0;
    return taken;
  }
  if (!(items instanceof Int32Array)) {
    throw new Error("A column of a frame holds items of 64 or 32 bits");
  }
  const taken = new Int32Array(rows.length);
  for (let at = 0; at < rows.length; at++) taken[at] = items[rows[at] as number] ?? 0;
  return taken;
}

/** Takes both halves of numbers of 64 bits: no bigint is made of any. */
function takeWide(items: BigInt64Array, rows: RowNumbers): BigInt64Array {
  const from = halvesOf(items);
  const taken = new BigInt64Array(rows.length);
  const to = halvesOf(taken);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    to[2 * at] = from[2 * row] ?? 0;
    to[2 * at + 1] = from[2 * row + 1] ?? 0;
  }
  return taken;
}

function takeBits(bits: TypedArray, rows: RowNumbers): Uint8Array {
  const taken = new Uint8Array((rows.length + 7) >> 3);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    if (row >= 0 && (Number(bits[row >> 3]) >> (row & 7)) & 1) {
      taken[at >> 3] = (taken[at >> 3] as number) | (1 << (at & 7));
    }
  }
  return taken;
}

/** Texts are copied so many at once. */
const BLOCK = 256;
/** Texts of more bytes than this are copied whole, which shorter ones are too short for. */
const LONG = 48;

function takeTexts({ bytes, places }: TextBytes, rows: RowNumbers) {
  const offsets = new Int32Array(rows.length + 1);
  const starts = new Int32Array(rows.length);
  let size = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    const start = places[row] ?? 0;
    if (row >= 0) size += (places[row + 1] as number) - start;
    starts[at] = start;
    offsets[at + 1] = checkedSize(size);
  }
  const values = new Uint8Array(size);
  for (let first = 0; first < rows.length; first += BLOCK) {
    const count = Math.min(BLOCK, rows.length - first);
    const block = { starts: starts.subarray(first), offsets: offsets.subarray(first), count };
    // The first bytes by themselves: the memory is fetched for many texts at once then, three times as fast.
    for (let at = first; at < first + count; at++) {
      const to = offsets[at] as number;
      if (to < (offsets[at + 1] as number)) values[to] = bytes[starts[at] as number] as number;
    }
    copyTexts(bytes, values, block);
  }
  return { offsets, values };
}

/** Where some texts begin, and where they are to lie. */
interface TextBlock {
  readonly starts: Int32Array;
  readonly offsets: Int32Array;
  readonly count: number;
}

function copyTexts(
  bytes: Uint8Array,
  values: Uint8Array,
  { starts, offsets, count }: TextBlock,
): void {
  for (let at = 0; at < count; at++) {
    let from = starts[at] as number;
    let to = offsets[at] as number;
    const end = offsets[at + 1] as number;
    if (end - to > LONG) values.set(bytes.subarray(from, from + end - to), to);
    else while (to < end) values[to++] = bytes[from++] as number;
  }
}

const MAX_BYTES = 2 ** 31 - 1;

function checkedSize(size: number): number {
  if (size <= MAX_BYTES) return size;
  throw new RangeError("A column holds at most 2 GiB of texts");
}

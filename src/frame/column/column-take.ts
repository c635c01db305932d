import type { TypedArray } from "@uwdata/flechette";
import type { ColumnType } from "../schema.ts";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  toColumnData,
  unitOf,
  Validity,
} from "./column-data.ts";

/** Row numbers to gather; −1 stands for a row that is missing altogether. */
export type RowNumbers = Int32Array | Uint32Array | readonly number[];

/** A new column of the given rows of another, in the given order. */
export function takeRows(type: ColumnType, data: ColumnData, rows: RowNumbers): ColumnData {
  const batch = batchOf(data);
  const length = rows.length;
  const validity = new Validity(length);
  const isMissing = missingTest(data);
  for (let at = 0; at < length; at++) if (isMissing(rows[at] ?? -1)) validity.clear(at);
  const missing = validity.parts();
  if (type === "boolean") {
    return toColumnData(type, { length, ...missing, values: takeBits(batch.values, rows) });
  }
  const dictionary = dictionaryOf(data)?.dictionary;
  if (type === "string" && dictionary === undefined) {
    return toColumnData(type, { length, ...missing, ...takeTexts(data, rows, isMissing) });
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

function missingTest(data: ColumnData): (row: number) => boolean {
  const batch = batchOf(data);
  if (data.nullCount === 0) return (row) => row < 0;
  return (row) => row < 0 || !batch.isValid(row);
}

function takeItems(items: TypedArray, rows: RowNumbers): TypedArray {
  if (items instanceof BigInt64Array) {
    return takeInto(items, new BigInt64Array(rows.length), 0n, rows);
  }
  if (items instanceof Float64Array) return takeInto(items, new Float64Array(rows.length), 0, rows);
  if (items instanceof Int32Array) return takeInto(items, new Int32Array(rows.length), 0, rows);
  throw new Error("A column of a frame holds items of 64 or 32 bits");
}

function takeInto<Item, Items extends { [index: number]: Item }>(
  from: { readonly [index: number]: Item },
  to: Items,
  none: Item,
  rows: RowNumbers,
): Items {
  const target: { [index: number]: Item } = to;
  for (let at = 0; at < rows.length; at++) target[at] = from[rows[at] ?? -1] ?? none;
  return to;
}

function takeBits(bits: TypedArray, rows: RowNumbers): Uint8Array {
  const taken = new Uint8Array((rows.length + 7) >> 3);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? -1;
    if (row >= 0 && (Number(bits[row >> 3]) >> (row & 7)) & 1) {
      taken[at >> 3] = (taken[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }
  return taken;
}

function takeTexts(data: ColumnData, rows: RowNumbers, isMissing: (row: number) => boolean) {
  const { offsets: starts, values } = batchOf(data);
  if (!(values instanceof Uint8Array)) throw new Error("Texts are kept in bytes");
  const offsets = new Int32Array(rows.length + 1);
  let size = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? -1;
    if (!isMissing(row)) size += Number(starts[row + 1]) - Number(starts[row]);
    offsets[at + 1] = size;
  }
  const bytes = new Uint8Array(size);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? -1;
    if (isMissing(row)) continue;
    bytes.set(values.subarray(Number(starts[row]), Number(starts[row + 1])), offsets[at]);
  }
  return { offsets, values: bytes };
}

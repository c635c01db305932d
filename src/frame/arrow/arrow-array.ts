import type { ColumnParts } from "../column/column-data.ts";
import { check } from "./arrow-message.ts";
import type { ArrowField, ArrowLayout } from "./arrow-type.ts";

/** A column of one batch. */
export interface ArrowArray {
  readonly field: ArrowField;
  readonly length: number;
  readonly nullCount: number;
  /** a bit a row, unset where it is missing; empty when nothing is */
  readonly validity: Uint8Array;
  /** as the field's type has them: items, or codes of its dictionary */
  readonly buffers: readonly Uint8Array[];
  readonly children: readonly ArrowArray[];
  /** the values that the items are codes of, one batch after the other */
  readonly dictionary: readonly ArrowArray[] | undefined;
}

/** The part of a column that tells what is missing. */
export type Missing = Pick<ColumnParts, "length" | "nullCount" | "validity">;

/** Whether the bit of a row is set. */
export function isSet(bits: Uint8Array, row: number): boolean {
  return (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

/** Whether a row of an array is missing. */
export function isMissing({ nullCount, validity, length }: ArrowArray, row: number): boolean {
  return nullCount > 0 && (nullCount === length || !isSet(validity, row));
}

type ItemsClass<Items> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): Items;
};

/** The items in a buffer: its own memory, unless they do not lie on multiples of their width. */
export function itemsIn<Items>(
  bytes: Uint8Array,
  Items: ItemsClass<Items>,
  length = Math.floor(bytes.length / Items.BYTES_PER_ELEMENT),
): Items {
  check(length * Items.BYTES_PER_ELEMENT <= bytes.length, "fewer values than rows");
  const isAligned = bytes.byteOffset % Items.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? bytes : new Uint8Array(bytes);
  return new Items(buffer, byteOffset, length);
}

/** Where each text or list of an array begins, and where the last ends. */
export function placesOf({ length, buffers }: ArrowArray, layout: ArrowLayout): Int32Array {
  const bytes = buffers[0] ?? new Uint8Array(0);
  if (length === 0) return new Int32Array(1);
  if (layout !== "large") return itemsIn(bytes, Int32Array, length + 1);
  const halves = itemsIn(bytes, Int32Array, 2 * (length + 1));
  const places = new Int32Array(length + 1);
  for (let row = 0; row <= length; row++) {
    const place = halves[2 * row] ?? 0;
    check(halves[2 * row + 1] === 0 && place >= 0, "a batch of more than 2 GiB of one column");
    places[row] = place;
  }
  return places;
}

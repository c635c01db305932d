/** Numbers of Parquet as a frame's columns have them. */
import { halvesOf } from "../column/column-data.ts";
import type { Refuse } from "./parquet-column.ts";
import { type ByteItems, countOf, type Items, isBytes } from "./parquet-items.ts";

/** Whole numbers of at most 32 bits, as they are. */
export function toNarrow(items: Items): Int32Array {
  if (items instanceof Int32Array) return items;
  throw wrongItems();
}

/** Whole numbers in 64 bits. */
export function toWide(items: Items, isSigned: boolean, refuse: Refuse): BigInt64Array {
  if (items instanceof BigInt64Array) {
    if (!isSigned) checkSigns(items, refuse);
    return items;
  }
  const narrow = toNarrow(items);
  const wide = new BigInt64Array(narrow.length);
  const halves = halvesOf(wide);
  for (let at = 0; at < narrow.length; at++) {
    halves[2 * at] = narrow[at] as number;
    if (isSigned) halves[2 * at + 1] = (narrow[at] as number) >> 31;
  }
  return wide;
}

function checkSigns(items: BigInt64Array, refuse: Refuse): void {
  const halves = halvesOf(items);
  for (let at = 0; at < items.length; at++) {
    if ((halves[2 * at + 1] as number) < 0)
      refuse(at, String(BigInt.asUintN(64, items[at] as bigint)));
  }
}

/** Floats of 16, 32 or 64 bits in 64. */
export function toFloats(items: Items): Float64Array {
  if (items instanceof Float64Array) return items;
  if (items instanceof Float32Array) return Float64Array.from(items);
  if (!isBytes(items)) throw wrongItems();
  const { bytes } = items;
  return Float64Array.from({ length: countOf(items) }, (_, at) => {
    return halfFloat((bytes[2 * at] as number) + (bytes[2 * at + 1] as number) * 256);
  });
}

/** The number that 16 bits mean: a sign, five bits of exponent, ten of fraction. */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Booleans as words of 0 and 1. */
export function toFlags(items: Items): Int32Array {
  if (items instanceof Uint8Array) return Int32Array.from(items);
  throw wrongItems();
}

/** The whole number that an item of a decimal is, before its point is set. */
export function unscaledAt(items: Items, at: number): bigint {
  if (items instanceof BigInt64Array) return items[at] as bigint;
  if (items instanceof Int32Array) return BigInt(items[at] as number);
  if (!isBytes(items)) throw wrongItems();
  return wholeOf(items, at);
}

/** A whole number of any length, its highest byte first. */
function wholeOf({ bytes, offsets }: ByteItems, at: number): bigint {
  const [start = 0, end = 0] = [offsets[at], offsets[at + 1]];
  if (start === end) return 0n;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("hex");
  return BigInt.asIntN(8 * (end - start), BigInt(`0x${hex}`));
}

/** The decimal that a whole number is with so many of its digits behind the point. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  if (scale === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const SAFE = 9_007_199_254_740_991n;
/** Digits that any float keeps. */
const KEPT = 10n ** 15n;

/** The float nearest to a decimal, and whether it is that decimal when it is written as long. */
export function decimalNumber(unscaled: bigint, scale: number): { value: number; isKept: boolean } {
  const isSafe = unscaled <= SAFE && unscaled >= -SAFE && scale <= 22;
  const value = isSafe ? Number(unscaled) / 10 ** scale : Number(decimalText(unscaled, scale));
  if (unscaled < KEPT && unscaled > -KEPT && scale <= 300) return { value, isKept: true };
  return { value, isKept: unscaledOf(value, scale) === unscaled };
}

function unscaledOf(value: number, scale: number): bigint | undefined {
  if (Math.abs(value) >= 1e21) return scale === 0 ? BigInt(value) : undefined;
  if (scale > 100) return undefined;
  return BigInt(value.toFixed(scale).replace(".", ""));
}

export function wrongItems(): RangeError {
  return new RangeError("a page holds values of another type than its column");
}

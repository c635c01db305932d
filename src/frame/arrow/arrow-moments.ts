/** Arrow timestamps of any unit as columns of a frame have them. */
import { halvesOf, type MomentUnit } from "../column/column-data.ts";
import { FIRST_MS, LAST_MS, microsOf, msOf } from "../column/moment.ts";
import type { ArrowUnit } from "./arrow-type.ts";

const HALF = 2 ** 32;
const MOST_SECONDS = 10n ** 15n;

/** Items in the unit in which a column counts. */
export interface MomentItems {
  readonly values: BigInt64Array;
  readonly unit: MomentUnit;
}

/** A row that no column of times can hold, and why. */
export interface MomentFault {
  readonly row: number;
  readonly isFine: boolean;
}

/**
 * The items of timestamps in milliseconds or microseconds: their own memory where they are that.
 * @param isPresent whether a row is not missing
 * @param cut takes nanoseconds for the microseconds that they lie in; without it they are a fault
 */
export function toMoments(
  values: BigInt64Array,
  unit: ArrowUnit,
  { isPresent, cut }: { readonly isPresent: (row: number) => boolean; readonly cut: boolean },
): { readonly items: MomentItems; readonly cutRows: number } | { readonly fault: MomentFault } {
  const scaled =
    unit === "ns"
      ? fromNanoseconds(values, isPresent, cut)
      : { items: toItems(values, unit), cutRows: 0 };
  if ("fault" in scaled) return scaled;
  const row = findOutside(scaled.items, isPresent);
  if (row !== undefined) return { fault: { row, isFine: false } };
  return { ...scaled, items: toCoarse(scaled.items) };
}

function toItems(values: BigInt64Array, unit: "s" | "ms" | "us"): MomentItems {
  if (unit !== "s") return { values, unit };
  return { values: values.map((seconds) => bounded(seconds) * 1000n), unit: "ms" };
}

/** Seconds that stay outside of all years when they are multiplied. */
function bounded(seconds: bigint): bigint {
  if (seconds > MOST_SECONDS) return MOST_SECONDS;
  return seconds < -MOST_SECONDS ? -MOST_SECONDS : seconds;
}

/** The first row outside the years 1 to 9999. */
function findOutside({ values, unit }: MomentItems, isPresent: (row: number) => boolean) {
  const halves = halvesOf(values);
  for (let row = 0; row < values.length; row++) {
    const low = Number(halves[2 * row]);
    const high = Number(halves[2 * row + 1]);
    const ms = unit === "us" ? msOf(low, high) : high * HALF + (low >>> 0);
    if (ms >= FIRST_MS && ms <= LAST_MS) continue;
    if (isPresent(row)) return row;
  }
  return undefined;
}

function fromNanoseconds(
  values: BigInt64Array,
  isPresent: (row: number) => boolean,
  cut: boolean,
): ReturnType<typeof toMoments> {
  const { restAt, wholeAt } = thousandsOf(values);
  const items = new BigInt64Array(values.length);
  const halves = halvesOf(items);
  let cutRows = 0;
  for (let row = 0; row < values.length; row++) {
    if (!isPresent(row)) continue;
    if (restAt(row) !== 0) {
      if (!cut) return { fault: { row, isFine: true } };
      cutRows++;
    }
    const micros = wholeAt(row);
    if (Number.isSafeInteger(micros)) putNumber(halves, row, micros);
    else items[row] = floored(values[row]);
  }
  return { items: { values: items, unit: "us" }, cutRows };
}

/** How many thousands there are in whole numbers of 64 bits, and what is left of them. */
function thousandsOf(values: BigInt64Array) {
  const halves = halvesOf(values);
  return {
    wholeAt: (row: number) => msOf(Number(halves[2 * row]), Number(halves[2 * row + 1])),
    restAt: (row: number) => microsOf(Number(halves[2 * row]), Number(halves[2 * row + 1])),
  };
}

/** Microseconds as milliseconds, where all of them are whole ones. */
function toCoarse(items: MomentItems): MomentItems {
  if (items.unit === "ms") return items;
  const fine = halvesOf(items.values);
  const values = new BigInt64Array(items.values.length);
  const halves = halvesOf(values);
  for (let row = 0; row < values.length; row++) {
    const low = fine[2 * row] ?? 0;
    const ms = msOf(low, fine[2 * row + 1] ?? 0);
    // What is left of a whole millisecond shows in the lower half.
    if (Math.imul(ms, 1000) !== low) return items;
    putNumber(halves, row, ms);
  }
  return { values, unit: "ms" };
}

function floored(nanoseconds = 0n): bigint {
  const rest = nanoseconds % 1000n;
  return (nanoseconds - rest) / 1000n - (rest < 0n ? 1n : 0n);
}

function putNumber(halves: Int32Array, row: number, whole: number): void {
  const high = Math.floor(whole / HALF);
  halves[2 * row + 1] = high;
  halves[2 * row] = whole - high * HALF;
}

/** Conversions of typed items on their way from DuckDB into Arrow columns. */
import type { TypedArray } from "@uwdata/flechette";
import type { Validity } from "./column-data.ts";

/** Marks the flagged rows as missing, and clears what lies under them. */
export function clearMissing(
  values: TypedArray,
  flags: TypedArray | undefined,
  validity: Validity,
): void {
  const none = values instanceof BigInt64Array ? 0n : 0;
  for (let row = 0; row < values.length; row++) {
    if (flags?.[row] !== 1) continue;
    validity.clear(row);
    values[row] = none;
  }
}

/** Flags of a byte each as the bits that Arrow reads. */
export function toBits(flags: TypedArray): Uint8Array {
  const bits = new Uint8Array((flags.length + 7) >> 3);
  for (let row = 0; row < flags.length; row++) {
    if (flags[row]) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  }
  return bits;
}

/** Whole numbers in 32 bits when all of them fit. */
export function narrow(values: TypedArray): TypedArray {
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  const low = new Int32Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const item = halves[2 * row] ?? 0;
    if (halves[2 * row + 1] !== item >> 31) return values;
    low[row] = item;
  }
  return low;
}

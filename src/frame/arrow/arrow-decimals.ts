/** Decimals of Arrow: exact as whole numbers or as their digits, or the nearest 64-bit floats. */
import { buildColumn } from "../column/column-build.ts";
import { type ArrowArray, itemsIn } from "./arrow-array.ts";
import {
  type ColumnPlace,
  fromWide,
  missingOf,
  presence,
  type ReadColumn,
  toRead,
  valueError,
} from "./arrow-column.ts";
import type { ArrowOptions } from "./arrow-options.ts";
import { DECIMAL_CURE } from "./arrow-readable.ts";
import type { ArrowType } from "./arrow-type.ts";

type DecimalType = Extract<ArrowType, { kind: "decimal" }>;

/** A 64-bit float tells all decimals of so many digits apart. */
const FLOAT_DIGITS = 15;

/** A column of decimals. */
export function readDecimals(
  type: DecimalType,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  { decimals }: ArrowOptions,
): ReadColumn {
  const { scale } = type;
  const missing = missingOf(arrays);
  const isPresent = presence(missing);
  const items = arrays.flatMap((array) => unscaledOf(type, array));
  if (decimals === "text") {
    const texts = items.map((item, row) => (isPresent(row) ? decimalText(item, scale) : null));
    return { type: "string", data: buildColumn(at.name, "string", texts) };
  }
  if (decimals === "number") {
    const values = Float64Array.from(items, (item) => Number(decimalText(item, scale)));
    const isLong = (item: bigint, row: number) =>
      isPresent(row) && String(item).replace("-", "").replace(/0+$/, "").length > FLOAT_DIGITS;
    const long = items.filter(isLong).length;
    if (long > 0)
      at.note(
        `${long.toLocaleString("en")} decimals have more than ${FLOAT_DIGITS} digits: the nearest 64-bit floats are read`,
      );
    return toRead("number", missing, { values });
  }
  const values = new BigInt64Array(items.length);
  for (const [row, item] of items.entries()) {
    const whole = item * 10n ** BigInt(-scale);
    values[row] = whole;
    if (values[row] === whole || !isPresent(row)) continue;
    throw valueError(at, row, "a whole number of 64 bits", String(whole), DECIMAL_CURE);
  }
  return fromWide(values, missing, at);
}

/** The items without their point. */
function unscaledOf(
  { bits }: DecimalType,
  { buffers: [bytes = new Uint8Array(0)], length }: ArrowArray,
): bigint[] {
  if (bits === 32) return Array.from(itemsIn(bytes, Int32Array, length), BigInt);
  const words = bits / 64;
  const low = itemsIn(bytes, BigUint64Array, length * words);
  const high = itemsIn(bytes, BigInt64Array, length * words);
  return Array.from({ length }, (_, row) => {
    let item = high[(row + 1) * words - 1] ?? 0n;
    for (let word = words - 2; word >= 0; word--)
      item = (item << 64n) | (low[row * words + word] ?? 0n);
    return item;
  });
}

/** All digits of a decimal. */
function decimalText(item: bigint, scale: number): string {
  if (scale <= 0) return String(item * 10n ** BigInt(-scale));
  const digits = String(item < 0n ? -item : item).padStart(scale + 1, "0");
  return `${item < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

import type { Column } from "@uwdata/flechette";
import type { Value } from "../schema.ts";

/** Texts as UTF-8: that of a row lies between its place and the next. */
export interface TextBytes {
  readonly bytes: Uint8Array;
  readonly places: Int32Array;
}

/** The texts of a column without a dictionary, or of a dictionary. */
export function textBytesOf<Text extends Value>({ data }: Column<Text>): TextBytes {
  const { values, offsets } = data[0] ?? {};
  if (values instanceof Uint8Array && offsets instanceof Int32Array) {
    return { bytes: values, places: offsets };
  }
  throw new Error("Texts are kept in bytes, with places of 32 bits");
}

/** Compares texts from a byte of theirs on, in the order of characters. */
export function compareBytes(
  { bytes, places }: TextBytes,
  one: number,
  other: number,
  skipped = 0,
): number {
  let left = (places[one] as number) + skipped;
  let right = (places[other] as number) + skipped;
  const leftEnd = places[one + 1] as number;
  const rightEnd = places[other + 1] as number;
  while (left < leftEnd && right < rightEnd) {
    const difference = (bytes[left++] as number) - (bytes[right++] as number);
    if (difference !== 0) return difference;
  }
  return leftEnd - left - (rightEnd - right);
}

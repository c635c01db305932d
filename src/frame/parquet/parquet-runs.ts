/** Parquet's hybrid of runs and packed bits, in which levels and dictionary codes are written. */

/** Where the numbers of a page lie: whole ones of so many bits each. */
export interface Runs {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly bitWidth: number;
}

/** The number that so many rows have, when one run says so; undefined when they differ. */
export function onlyValue({ bytes, start, bitWidth }: Runs, count: number): number | undefined {
  const reader = { bytes, at: start };
  const header = readVarint(reader);
  if ((header & 1) === 1 || header >>> 1 < count) return undefined;
  return readRunValue(reader, bitWidth);
}

/**
 * Reads numbers into an array that is filled to its end.
 * @throws {RangeError} when there are fewer, or one is cut off
 */
export function readRuns(runs: Runs, out: Uint8Array | Int32Array): void {
  const { bytes, end, bitWidth } = runs;
  const reader = { bytes, at: runs.start };
  let row = 0;
  while (row < out.length) {
    if (reader.at >= end) throw new RangeError("a page ends before its values do");
    const header = readVarint(reader);
    const count = header >>> 1;
    if ((header & 1) === 0) {
      const to = Math.min(out.length, row + count);
      fill(out, readRunValue(reader, bitWidth), row, to);
      row = to;
    } else {
      const to = Math.min(out.length, row + count * 8);
      unpackBits(bytes, reader.at, bitWidth, out, row, to);
      reader.at += count * bitWidth;
      row = to;
    }
  }
}

/** Calling an array's own `fill` costs as much as some rows. */
function fill(out: Uint8Array | Int32Array, value: number, from: number, to: number): void {
  if (to - from > 32) out.fill(value, from, to);
  else for (let row = from; row < to; row++) out[row] = value;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function readVarint(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError("a length in a page is too long");
}

function readRunValue(reader: Reader, bitWidth: number): number {
  let value = 0;
  for (let shift = 0; shift < bitWidth; shift += 8) {
    value |= (reader.bytes[reader.at++] ?? 0) << shift;
  }
  return value;
}

/** So many bits are held at a time without leaving 32. */
const WIDEST_HELD = 24;

function unpackBits(
  bytes: Uint8Array,
  start: number,
  bitWidth: number,
  out: Uint8Array | Int32Array,
  from: number,
  to: number,
): void {
  if (bitWidth > WIDEST_HELD) {
    unpackWideBits(bytes, start, bitWidth, out, from, to);
    return;
  }
  const mask = (1 << bitWidth) - 1;
  let at = start;
  let held = 0;
  let bits = 0;
  for (let row = from; row < to; row++) {
    while (bits < bitWidth) {
      held |= (bytes[at++] as number) << bits;
      bits += 8;
    }
    out[row] = held & mask;
    held >>>= bitWidth;
    bits -= bitWidth;
  }
}

function unpackWideBits(
  bytes: Uint8Array,
  start: number,
  bitWidth: number,
  out: Uint8Array | Int32Array,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    let value = 0;
    for (let bit = 0; bit < bitWidth; bit++) {
      const place = (row - from) * bitWidth + bit;
      const isSet = ((bytes[start + (place >> 3)] ?? 0) >> (place & 7)) & 1;
      value += isSet * 2 ** bit;
    }
    out[row] = value;
  }
}

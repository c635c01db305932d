const ZERO = 48;
/** Both digits of the numbers below 100: half as many divisions as one digit at a time. */
const TENS = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + Math.floor(pair / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, pair) => ZERO + (pair % 10));

/** How many digits a whole number from 0 to 1e16 has. */
export function countDigits(value: number): number {
  if (value < 100) return value < 10 ? 1 : 2;
  if (value < 1e4) return value < 1e3 ? 3 : 4;
  if (value < 1e6) return value < 1e5 ? 5 : 6;
  let count = 7;
  for (let limit = 1e7; value >= limit; limit *= 10) count++;
  return count;
}

/** Writes the two digits of a number below 100. */
export function writePair(bytes: Uint8Array, place: number, pair: number): void {
  bytes[place] = TENS[pair] ?? 0;
  bytes[place + 1] = ONES[pair] ?? 0;
}

/**
 * Writes the last digits of a whole number from 0 to 1e16 so that they end before a place, with zeros
 * in front up to the count of digits.
 * @returns the number without these digits
 */
export function writeDigits(bytes: Uint8Array, end: number, value: number, count: number): number {
  if (value < 1e9) return writeNarrow(bytes, end, value | 0, count);
  // Numbers of 32 bits are divided several times as fast as longer ones.
  const high = Math.floor(value / 1e8);
  const low = value - high * 1e8;
  if (count > 8) {
    writeNarrow(bytes, end, low, 8);
    return writeNarrow(bytes, end - 8, high, count - 8);
  }
  return high * 10 ** (8 - count) + writeNarrow(bytes, end, low, count);
}

/** As `writeDigits`, of numbers that fit into 31 bits. */
export function writeNarrow(bytes: Uint8Array, end: number, value: number, count: number): number {
  const start = end - count;
  let rest = value | 0;
  let place = end;
  while (place - start > 1) {
    const next = (rest / 100) | 0;
    place -= 2;
    writePair(bytes, place, rest - next * 100);
    rest = next;
  }
  if (place === start) return rest;
  const next = (rest / 10) | 0;
  bytes[start] = ZERO + rest - next * 10;
  return next;
}

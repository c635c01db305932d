/**
 * Moments of a microsecond: as whole milliseconds and the 0 to 999 microseconds beyond them, both
 * exact as numbers, which the microseconds of all years of a frame together are not.
 */
import { utcText } from "./calendar.ts";

const HALF = 2 ** 32;
const HALF_MS = 4_294_967;
const HALF_REST = HALF - HALF_MS * 1000;
/** So many bits of a number of milliseconds, times 1000, still fit the lower half. */
const PIECE = 2 ** 22;

/** The whole milliseconds in microseconds of 64 bits, given by their halves. */
export function msOf(low: number, high: number): number {
  return high * HALF_MS + Math.floor((high * HALF_REST + (low >>> 0)) / 1000);
}

/** The microseconds beyond the milliseconds, 0 to 999. */
export function microsOf(low: number, high: number): number {
  return (((high * HALF_REST + (low >>> 0)) % 1000) + 1000) % 1000;
}

/** Writes microseconds of 64 bits into the halves of a row; no bigint is made. */
export function putMicroseconds(halves: Int32Array, row: number, ms: number, micros: number): void {
  const upper = Math.floor(ms / PIECE);
  const lower = (ms - upper * PIECE) * 1000 + micros;
  const carried = Math.floor(lower / PIECE);
  const high = upper * 1000 + carried;
  halves[2 * row + 1] = Math.floor(high / 1024);
  halves[2 * row] = (high % 1024) * PIECE + (lower - carried * PIECE);
}

/**
 * A Date of an instant that has microseconds. Its texts and `getTime()` show milliseconds, as of any
 * Date; comparing and subtracting tell microseconds apart, and a frame made of it keeps them.
 */
class MicroDate extends Date {
  readonly #ms: number;
  readonly #micros: number;

  constructor(ms: number, micros: number) {
    super(ms);
    this.#ms = ms;
    this.#micros = micros;
  }

  /** Gone once the date was set to another moment. */
  get micros(): number {
    return this.getTime() === this.#ms ? this.#micros : 0;
  }

  override valueOf(): number {
    return this.getTime() + this.micros / 1000;
  }
}

/** The Date of an instant. */
export function toDate(ms: number, micros: number): Date {
  return micros === 0 ? new Date(ms) : new MicroDate(ms, micros);
}

/** The same moment as a Date of its own. */
export function copyDate(date: Date): Date {
  return toDate(date.getTime(), dateMicros(date));
}

/** The microseconds of a Date beyond its milliseconds. */
export function dateMicros(date: Date): number {
  return date instanceof MicroDate ? date.micros : 0;
}

/** The microseconds of a Date since 1970. */
export function dateMicroseconds(date: Date): bigint {
  return BigInt(date.getTime()) * 1000n + BigInt(dateMicros(date));
}

/** The ISO text of a Date that is valid, with its microseconds where it has some. */
export function dateText(date: Date): string {
  const micros = dateMicros(date);
  return micros === 0 ? date.toISOString() : utcText(date.getTime(), micros);
}

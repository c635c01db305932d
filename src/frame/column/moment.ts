/**
 * Moments of a microsecond: as whole milliseconds and the 0 to 999 microseconds beyond them, both
 * exact as numbers, which the microseconds of all years of a frame together are not.
 */

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

const DAY_MS = 86_400_000;

const MEMO_SIZE = 100_000;

/** The days that a date may name: 0001-01-01 to 9999-12-31, counted from 1970-01-01. */
export const FIRST_DAY = -719_162;

export const LAST_DAY = 2_932_896;

/** The milliseconds that a datetime or instant may name, from 0001-01-01 to the end of 9999. */
export const FIRST_MS = FIRST_DAY * DAY_MS;

export const LAST_MS = (LAST_DAY + 1) * DAY_MS - 1;

/** The first day of each month of a year without a leap day. */
const MONTH_STARTS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

const MINUS = 45;

const COLON = 58;

const LETTER_T = 84;

const dayTexts = new Map<number, string>();

/** The text YYYY-MM-DD of a day counted from 1970-01-01. */
export function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  if (dayTexts.size >= MEMO_SIZE) dayTexts.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  dayTexts.set(day, text);
  return text;
}

/** The day that a text YYYY-MM-DD names, or undefined when the calendar has no such day. */
export function parseDay(text: string): number | undefined {
  return text.length === 10 ? dayAt(text) : undefined;
}

/** The text YYYY-MM-DDTHH:MM:SS, with as many digits of the second as it needs: none, .sss or .ssssss. */
export function datetimeText(ms: number, micros = 0): string {
  const rest = millisecondsOf(ms);
  return rest === 0 && micros === 0 ? secondText(ms) : secondText(ms) + fractionText(rest, micros);
}

/**
 * The text YYYY-MM-DDTHH:MM:SS.sssZ, or .ssssssZ where it needs them; several times as fast as
 * `Date.prototype.toISOString`.
 */
export function utcText(ms: number, micros = 0): string {
  return `${secondText(ms)}${fractionText(millisecondsOf(ms), micros)}Z`;
}

const MINUTE_MS = 60_000;

/** By minute of the day, and by second of the minute. */
const clocks: string[] = [];
const seconds: string[] = [];

function secondText(ms: number): string {
  if (clocks.length === 0) {
    for (let minute = 0; minute < 1440; minute++) {
      clocks.push(`T${two(Math.floor(minute / 60))}:${two(minute % 60)}:`);
    }
    for (let second = 0; second < 60; second++) seconds.push(two(second));
  }
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const minute = Math.floor(rest / MINUTE_MS);
  const second = Math.floor((rest - minute * MINUTE_MS) / 1000);
  return dayText(day) + (clocks[minute] as string) + (seconds[second] as string);
}

function millisecondsOf(ms: number): number {
  return ms - Math.floor(ms / 1000) * 1000;
}

function fractionText(rest: number, micros: number): string {
  return `.${three(rest)}${micros === 0 ? "" : three(micros)}`;
}

/**
 * The whole milliseconds that a text YYYY-MM-DDTHH:MM:SS[.s to .ssssss] names, or undefined; what
 * it names beyond them is told by `parseMicros`.
 */
export function parseDatetime(text: string): number | undefined {
  if (text.charCodeAt(10) !== LETTER_T || !isClock(text)) return undefined;
  const day = dayAt(text);
  const hours = digits(text, 11, 2);
  const minutes = digits(text, 14, 2);
  const seconds = digits(text, 17, 2);
  const fraction = text.length === 19 ? 0 : fractionOf(text);
  if (day === undefined || hours > 23 || minutes > 59 || seconds > 59 || fraction < 0) {
    return undefined;
  }
  if (hours < 0 || minutes < 0 || seconds < 0) return undefined;
  const ms = Math.floor(fraction / 1000);
  return day * DAY_MS + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + ms;
}

/** The microseconds, 0 to 999, beyond the milliseconds of a text that `parseDatetime` reads. */
export function parseMicros(text: string): number {
  return text.length <= 23 ? 0 : fractionOf(text) % 1000;
}

/** The microseconds after a whole second; negative when the text has none that can be read. */
function fractionOf(text: string): number {
  const count = text.length - 20;
  if (text[19] !== "." || count < 1 || count > 6) return -1;
  return digits(text, 20, count) * 10 ** (6 - count);
}

function isClock(text: string): boolean {
  return text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON;
}

/** The day that the first ten characters name, or undefined. */
function dayAt(text: string): number | undefined {
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  const isLeap = isLeapYear(year);
  const monthStart = MONTH_STARTS[month - 1] ?? 0;
  const days = (MONTH_STARTS[month] ?? 0) - monthStart + (isLeap && month === 2 ? 1 : 0);
  if (day > days) return undefined;
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const leapDay = isLeap && month > 2 ? 1 : 0;
  return FIRST_DAY + before * 365 + leapDays + monthStart + leapDay + day - 1;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** The number that digits of a text write; negative when one of them is none. */
function digits(text: string, start: number, count: number): number {
  let number = 0;
  for (let at = start; at < start + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    // Not a number either beyond the end of the text.
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function two(count: number): string {
  return count < 10 ? `0${count}` : String(count);
}

function three(count: number): string {
  return count < 100 ? `0${two(count)}` : String(count);
}

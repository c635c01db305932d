/** Booleans, days and times while a CSV is read; and which items a column of each type is read into. */
import { type ColumnData, toColumnData } from "../../column/column-data.ts";
import { putMicroseconds } from "../../column/moment.ts";
import { toBits } from "../../column/typed-items.ts";
import type { ColumnType } from "../../schema.ts";
import { CsvItems, fitted, grown, type MissingRows } from "./csv-items.ts";
import { FloatItems, halvesAt, setHalves, WholeItems } from "./csv-number-items.ts";
import type { CsvValue } from "./csv-values.ts";

const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/** Booleans, a byte each until they are all known. */
class FlagItems extends CsvItems {
  #items = new Uint8Array(0);
  readonly #mask: number;

  constructor(missing: MissingRows, isOwn: boolean) {
    super(missing);
    this.#mask = isOwn ? 0 : CAPITALS;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Uint8Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const length = end - start;
    const isTrue = length === 4 && fourAt(bytes, start, this.#mask) === TRUE;
    const isFalse = length === 5 && fourAt(bytes, start + 1, this.#mask) === ALSE;
    this.#items[row] = isTrue ? 1 : 0;
    return isTrue || (isFalse && ((bytes[start] as number) | this.#mask) === LETTER_F);
  }

  put(row: number, { value }: CsvValue): void {
    this.#items[row] = Number(value);
  }

  toData(rows: number): ColumnData {
    const values = toBits(this.#items.subarray(0, rows));
    return toColumnData("boolean", { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** The bit by which small letters differ from capitals. */
const CAPITALS = 32;
const LETTER_F = 102;
const TRUE = fourAt(Buffer.from("true"), 0, 0);
const ALSE = fourAt(Buffer.from("alse"), 0, 0);

/** Four letters as a number; with a mask, capitals as small letters. */
function fourAt(bytes: Buffer, at: number, mask: number): number {
  const first = (bytes[at] as number) | mask | (((bytes[at + 1] as number) | mask) << 8);
  const last = (bytes[at + 2] as number) | mask | (((bytes[at + 3] as number) | mask) << 8);
  return first | (last << 16);
}

/** Days, counted from 1970-01-01. */
class DayItems extends CsvItems {
  #items = new Int32Array(0);
  readonly #isIso: boolean;

  constructor(missing: MissingRows, isIso: boolean) {
    super(missing);
    this.#isIso = isIso;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Int32Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const day = this.#isIso && end - start === 10 ? dayAt(bytes, start) : Number.NaN;
    this.#items[row] = day;
    return !Number.isNaN(day);
  }

  put(row: number, { value }: CsvValue): void {
    this.#items[row] = Number(value);
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("date", { length: rows, values, ...this.missing.parts(rows) });
  }
}

const MONTH_DAYS = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** The day that YYYY-MM-DD names, counted from 1970-01-01; NaN for no day. */
function dayAt(bytes: Buffer, start: number): number {
  const year = twoAt(bytes, start) * 100 + twoAt(bytes, start + 2);
  const month = twoAt(bytes, start + 5);
  const day = twoAt(bytes, start + 8);
  const isDashed = bytes[start + 4] === MINUS && bytes[start + 7] === MINUS;
  if (!isDashed || !(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > (MONTH_DAYS[month] as number)) return Number.NaN;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day === 29 && month === 2 && !isLeap ? Number.NaN : dayNumber(year, month, day);
}

/** Counts days in years that begin in March, so that a leap day is the last of its year. */
function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const century = Math.floor(marchYear / 100);
  const leapDays = Math.floor(marchYear / 4) - century + Math.floor(century / 4);
  const yearDay = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return marchYear * 365 + leapDays + yearDay - 719_468;
}

/** A number of two digits; NaN for other bytes. */
function twoAt(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;
const SPACE = 32;
/** of YYYY-MM-DDTHH:MM:SS */
const CLOCK_LENGTH = 19;

/** Local times or instants: milliseconds and, apart from them, microseconds where any are needed. */
class TimeItems extends CsvItems {
  readonly #type: "datetime" | "instant";
  readonly #isOwn: boolean;
  readonly #isIso: boolean;
  #items = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #micros: Uint16Array<ArrayBuffer> | undefined;

  constructor(
    type: "datetime" | "instant",
    missing: MissingRows,
    { isOwn, isIso }: { isOwn: boolean; isIso: boolean },
  ) {
    super(missing);
    this.#type = type;
    this.#isOwn = isOwn;
    this.#isIso = isIso;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length >= rows) return;
    this.#items = grown(this.#items, rows, expected, BigInt64Array);
    this.#halves = new Int32Array(this.#items.buffer);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const seconds = this.#secondsAt(bytes, start, end);
    const micros = this.#fractionAt(bytes, start, end);
    if (micros < 0 || Number.isNaN(seconds)) return false;
    setHalves(this.#halves, row, seconds * 1000 + Math.floor(micros / 1000));
    if (micros % 1000 !== 0) this.#setMicros(row, micros % 1000);
    return true;
  }

  /** The whole seconds of a time; NaN for what does not begin as one. */
  #secondsAt(bytes: Buffer, start: number, end: number): number {
    const separator = bytes[start + 10];
    const isTime = this.#isIso && (separator === LETTER_T || (separator === SPACE && !this.#isOwn));
    const isClock = bytes[start + 13] === COLON && bytes[start + 16] === COLON;
    if (end - start < CLOCK_LENGTH || !isTime || !isClock) return Number.NaN;
    const hours = twoAt(bytes, start + 11);
    const minutes = twoAt(bytes, start + 14);
    const seconds = twoAt(bytes, start + 17);
    if (!(hours <= 23 && minutes <= 59 && seconds <= 59)) return Number.NaN;
    return dayAt(bytes, start) * 86_400 + hours * 3600 + minutes * 60 + seconds;
  }

  /** The microseconds of a time's fraction; −1 when anything else stands there, or after it. */
  #fractionAt(bytes: Buffer, start: number, end: number): number {
    const isInstant = this.#type === "instant";
    const last = isInstant ? end - 1 : end;
    if (isInstant && bytes[last] !== LETTER_Z) return -1;
    const first = start + CLOCK_LENGTH;
    if (last <= first) return last === first ? 0 : -1;
    const digits = last - first - 1;
    if (bytes[first] !== POINT || digits < 1 || digits > 6) return -1;
    let fraction = 0;
    for (let at = first + 1; at < last; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return -1;
      fraction = fraction * 10 + digit;
    }
    return fraction * 10 ** (6 - digits);
  }

  #setMicros(row: number, micros: number): void {
    const { length } = this.#items;
    const known = this.#micros ?? new Uint16Array(0);
    this.#micros = known.length < length ? grown(known, length, 0, Uint16Array) : known;
    this.#micros[row] = micros;
  }

  put(row: number, { value, micros = 0 }: CsvValue): void {
    setHalves(this.#halves, row, Number(value));
    if (micros !== 0) this.#setMicros(row, micros);
  }

  toData(rows: number): ColumnData {
    const micros = this.#micros;
    if (micros !== undefined) {
      for (let row = 0; row < rows; row++) {
        putMicroseconds(this.#halves, row, halvesAt(this.#halves, row), micros[row] ?? 0);
      }
    }
    const values = fitted(this.#items, rows);
    const unit = micros === undefined ? "ms" : "us";
    return toColumnData(this.#type, { length: rows, values, unit, ...this.missing.parts(rows) });
  }
}

/**
 * The items that a column of a type is read into; `csv-text-items.ts` has those of texts. Where what
 * looks like an ISO day may be another, none is taken without the whole rules.
 */
export function newItems(
  type: Exclude<ColumnType, "string">,
  missing: MissingRows,
  { isOwn = false, decimal = POINT, isIso = true } = {},
): CsvItems {
  switch (type) {
    case "integer":
    case "bigint":
      return new WholeItems(type, missing);
    case "number":
      return new FloatItems(missing, decimal);
    case "boolean":
      return new FlagItems(missing, isOwn);
    case "date":
      return new DayItems(missing, isIso);
    case "datetime":
    case "instant":
      return new TimeItems(type, missing, { isOwn, isIso });
  }
}

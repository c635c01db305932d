/**
 * The values of a column while a CSV is read, in typed arrays that grow. Items take values in the
 * form that programs write; `csv-values.ts` has the whole rules, and reads what stands otherwise.
 */
import type { TypedArray } from "@uwdata/flechette";
import { type ColumnData, toColumnData } from "../column/column-data.ts";
import { putMicroseconds } from "../column/moment.ts";
import { toBits } from "../column/typed-items.ts";
import type { ColumnType } from "../schema.ts";
import { BARE, type CsvFields } from "./csv-fields.ts";
import type { CsvValue } from "./csv-values.ts";

/** A block that was divided into fields, as every column reads it. */
export interface CsvBlock {
  readonly bytes: Buffer;
  readonly fields: CsvFields;
  /** about how many rows the file has */
  readonly expectedRows: number;
}

/** Which rows of a column are missing, for a number of rows that is not known yet. */
export class MissingRows {
  #bits = new Uint8Array(0);
  count = 0;

  /** Marks a row, once or more often. */
  add(row: number): void {
    const byte = row >> 3;
    if (byte >= this.#bits.length) this.#bits = grown(this.#bits, byte + 1, 0, Uint8Array);
    const bits = this.#bits[byte] as number;
    const mask = 1 << (row & 7);
    if ((bits & mask) !== 0) return;
    this.#bits[byte] = bits | mask;
    this.count++;
  }

  has(row: number): boolean {
    return (((this.#bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  }

  /** The part of a column's buffers that tells what is missing. */
  parts(rows: number): { nullCount: number; validity: Uint8Array } {
    if (this.count === 0) return { nullCount: 0, validity: new Uint8Array(0) };
    const validity = new Uint8Array((rows + 7) >> 3).fill(255);
    const { length } = this.#bits.subarray(0, validity.length);
    for (let byte = 0; byte < length; byte++) validity[byte] = ~(this.#bits[byte] as number);
    return { nullCount: this.count, validity };
  }
}

/** The values of one column. */
export abstract class CsvItems {
  readonly missing: MissingRows;

  constructor(missing: MissingRows) {
    this.missing = missing;
  }

  /**
   * Takes the values of a block from a row on; bare empty fields are missing.
   * @returns the first row that it does not take; the block's number of rows when it takes all
   */
  read({ bytes, fields, expectedRows }: CsvBlock, column: number, first: number): number {
    const { starts, ends, kinds, width, rows, rowsBefore } = fields;
    this.reserve(rowsBefore + rows, expectedRows);
    for (let row = first; row < rows; row++) {
      const field = row * width + column;
      const start = starts[field] as number;
      const end = ends[field] as number;
      const kind = kinds[field] as number;
      if (start === end && kind === BARE) this.missing.add(rowsBefore + row);
      else if (!this.take(bytes, start, end, rowsBefore + row, kind)) return row;
    }
    return rows;
  }

  /** Makes room for so many rows, and at once for as many as are expected. */
  abstract reserve(rows: number, expected: number): void;

  /** Takes the value of a field that stands in the plain form; false when it does not. */
  protected abstract take(
    bytes: Buffer,
    start: number,
    end: number,
    row: number,
    kind: number,
  ): boolean;

  /** Sets the value of a row, which was read by the whole rules. */
  abstract put(row: number, value: CsvValue): void;

  abstract toData(rows: number): ColumnData;
}

const MINUS = 45;
export const POINT = 46;
const ZERO = 48;
const TWO_32 = 4_294_967_296;
/** Whole numbers of so many digits are below 2^31, and below 2^53. */
const NARROW_DIGITS = 9;
const SAFE_DIGITS = 15;

/** The same items in an array of at least so many. */
export function grown<Items extends TypedArray>(
  items: Items,
  length: number,
  expected: number,
  ItemsOf: new (length: number) => Items,
): Items {
  const more = new ItemsOf(Math.max(length, expected, items.length + (items.length >> 1), 64));
  // Arrays of one class: a set between them copies bytes.
  const target: { set(from: ArrayLike<number | bigint>): void } = more;
  target.set(items);
  return more;
}

/** As many items as there are rows, without much more memory than they need. */
export function fitted<Items extends TypedArray>(items: Items, rows: number): TypedArray {
  return items.length <= rows * 1.1 + 64 ? items.subarray(0, rows) : items.slice(0, rows);
}

/** Whole numbers: of 32 bits while all fit, else of 64. */
export class WholeItems extends CsvItems {
  readonly #type: "integer" | "bigint";
  #narrow = new Int32Array(0);
  #wide = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #isWide: boolean;

  constructor(type: "integer" | "bigint", missing: MissingRows) {
    super(missing);
    this.#type = type;
    this.#isWide = type === "bigint";
  }

  reserve(rows: number, expected: number): void {
    if (this.#isWide) {
      if (this.#wide.length < rows) this.#setWide(grown(this.#wide, rows, expected, BigInt64Array));
    } else if (this.#narrow.length < rows) {
      this.#narrow = grown(this.#narrow, rows, expected, Int32Array);
    }
  }

  #setWide(items: BigInt64Array<ArrayBuffer>): void {
    this.#wide = items;
    this.#halves = new Int32Array(items.buffer);
    this.#narrow = new Int32Array(0);
    this.#isWide = true;
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const value = wholeAt(bytes, start, end, this.#isWide ? SAFE_DIGITS : NARROW_DIGITS);
    if (Number.isNaN(value)) return false;
    if (this.#isWide) setHalves(this.#halves, row, value);
    else this.#narrow[row] = value;
    return true;
  }

  put(row: number, { value }: CsvValue): void {
    const number = Number(value);
    if (!this.#isWide && number !== (number | 0)) this.#widen();
    if (this.#isWide) this.#wide[row] = BigInt(value);
    else this.#narrow[row] = number;
  }

  #widen(): void {
    const narrow = this.#narrow;
    this.#setWide(new BigInt64Array(narrow.length));
    for (let row = 0; row < narrow.length; row++) {
      setHalves(this.#halves, row, narrow[row] as number);
    }
  }

  /** The same values in a column of bigints. */
  toBigints(): WholeItems {
    const items = new WholeItems("bigint", this.missing);
    if (!this.#isWide) this.#widen();
    items.#setWide(this.#wide);
    return items;
  }

  /** The same values as floats, which hold all that is within ±(2^53 − 1). */
  toNumbers(decimal: number): FloatItems {
    const { length } = this.#isWide ? this.#wide : this.#narrow;
    const numbers = new Float64Array(length);
    for (let row = 0; row < length; row++) {
      numbers[row] = this.#isWide ? halvesAt(this.#halves, row) : (this.#narrow[row] as number);
    }
    return new FloatItems(this.missing, decimal, numbers);
  }

  toData(rows: number): ColumnData {
    const values = this.#isWide ? fitted(this.#wide, rows) : fitted(this.#narrow, rows);
    return toColumnData(this.#type, { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** A whole number of at most so many digits, in its one plain form; NaN for all else. */
function wholeAt(bytes: Buffer, start: number, end: number, mostDigits: number): number {
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  const digits = end - at;
  if (digits > mostDigits || digits === 0) return Number.NaN;
  let value = (bytes[at] as number) - ZERO;
  if (value < 0 || value > 9 || (value === 0 && (digits > 1 || isNegative))) return Number.NaN;
  while (++at < end) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return isNegative ? -value : value;
}

function setHalves(halves: Int32Array, row: number, value: number): void {
  halves[2 * row] = value >>> 0;
  halves[2 * row + 1] = Math.floor(value / TWO_32);
}

function halvesAt(halves: Int32Array, row: number): number {
  return (halves[2 * row + 1] as number) * TWO_32 + ((halves[2 * row] as number) >>> 0);
}

/** 10^0 to 10^22, which floats hold exactly: the quotient of two exact numbers is rounded once. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const MAX_EXACT = 2 ** 53;

/** 64-bit floats. */
export class FloatItems extends CsvItems {
  #items: Float64Array<ArrayBuffer>;
  readonly #decimal: number;

  /** @param decimal the byte of the decimal sign */
  constructor(missing: MissingRows, decimal: number, items = new Float64Array(0)) {
    super(missing);
    this.#items = items;
    this.#decimal = decimal;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) {
      this.#items = grown(this.#items, rows, expected, Float64Array);
    }
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const first = bytes[start] === MINUS ? start + 1 : start;
    const value = this.#decimalAt(bytes, first, end);
    if (Number.isNaN(value)) return false;
    this.#items[row] = first > start ? -value : value;
    return value !== 0 || first === start;
  }

  /** A number of digits with at most one decimal sign within them; NaN for what stands otherwise. */
  #decimalAt(bytes: Buffer, first: number, end: number): number {
    const decimal = this.#decimal;
    let mantissa = 0;
    let point = end;
    for (let at = first; at < end; at++) {
      const byte = bytes[at] as number;
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
      else if (byte === decimal && point === end) point = at;
      else return Number.NaN;
    }
    if (isRare(bytes[first] as number, point - first, end - point)) return Number.NaN;
    const places = point === end ? 0 : end - point - 1;
    if (mantissa >= MAX_EXACT) return longDecimal(bytes, first, point, end);
    return places > 22 ? Number.NaN : mantissa / (POWERS[places] as number);
  }

  put(row: number, { value }: CsvValue): void {
    this.#items[row] = Number(value);
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("number", { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** Whether digits stand as in ".5", "5." or "007.5", for which the whole rules are asked. */
function isRare(first: number, wholeDigits: number, rest: number): boolean {
  return wholeDigits === 0 || rest === 1 || (wholeDigits > 1 && first === ZERO);
}

/** The float nearest to a decimal of 16 or 17 digits; NaN for others. */
function longDecimal(bytes: Buffer, first: number, point: number, end: number): number {
  const leading = bytes[first] === ZERO ? 1 : 0;
  if (point === end || end - first - 1 - leading > 17) return Number.NaN;
  const whole = bytes.toString("latin1", first, point);
  return Number(`${whole}.${bytes.toString("latin1", point + 1, end)}`);
}

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
    const isTrue = end - start === 4;
    if (!isTrue && end - start !== 5) return false;
    this.#items[row] = isTrue ? 1 : 0;
    return isWord(bytes, start, isTrue ? TRUE : FALSE, this.#mask);
  }

  put(row: number, { value }: CsvValue): void {
    this.#items[row] = Number(value);
  }

  toData(rows: number): ColumnData {
    const values = toBits(this.#items.subarray(0, rows));
    return toColumnData("boolean", { length: rows, values, ...this.missing.parts(rows) });
  }
}

const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
/** The bit by which small letters differ from capitals. */
const CAPITALS = 32;

/** Whether letters stand at a place; with a mask, also as capitals. */
function isWord(bytes: Buffer, start: number, word: Buffer, mask: number): boolean {
  for (let at = 0; at < word.length; at++) {
    if (((bytes[start + at] as number) | mask) !== word[at]) return false;
  }
  return true;
}

/** Days, counted from 1970-01-01. */
class DayItems extends CsvItems {
  #items = new Int32Array(0);

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Int32Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    const day = end - start === 10 ? dayAt(bytes, start) : Number.NaN;
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
  #items = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #micros: Uint16Array<ArrayBuffer> | undefined;

  constructor(type: "datetime" | "instant", missing: MissingRows, isOwn: boolean) {
    super(missing);
    this.#type = type;
    this.#isOwn = isOwn;
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
    const isTime = separator === LETTER_T || (separator === SPACE && !this.#isOwn);
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
    return fraction * (POWERS[6 - digits] as number);
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

/** The items that a column of a type is read into; `csv-text-items.ts` has those of texts. */
export function newItems(
  type: Exclude<ColumnType, "string">,
  missing: MissingRows,
  { isOwn = false, decimal = POINT } = {},
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
      return new DayItems(missing);
    case "datetime":
    case "instant":
      return new TimeItems(type, missing, isOwn);
  }
}

/** Numbers of a column while a CSV is read: whole ones of 32 or 64 bits, and floats. */
import { type ColumnData, toColumnData } from "../../column/column-data.ts";
import { CsvItems, fitted, grown, type MissingRows } from "./csv-items.ts";
import type { CsvValue } from "./csv-values.ts";

const MINUS = 45;
const ZERO = 48;
const TWO_32 = 4_294_967_296;
/** Whole numbers of so many digits are below 2^31, and below 2^53. */
const NARROW_DIGITS = 9;
const SAFE_DIGITS = 15;

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

export function setHalves(halves: Int32Array, row: number, value: number): void {
  halves[2 * row] = value >>> 0;
  halves[2 * row + 1] = Math.floor(value / TWO_32);
}

export function halvesAt(halves: Int32Array, row: number): number {
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
    if (places > 22) return Number.NaN;
    if (mantissa >= MAX_EXACT) return longDecimal(bytes, first, point, end);
    return mantissa / (POWERS[places] as number);
  }

  put(row: number, { value }: CsvValue): void {
    this.#items[row] = Number(value);
  }

  /** The same values, among which all numbers are taken. */
  toNumbers(): FloatItems {
    return new FloatItems(this.missing, this.#decimal, this.#items);
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("number", { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** Infinities alone: any other number is told, since days may stand among them otherwise. */
export class InfinityItems extends FloatItems {
  protected override take(): boolean {
    return false;
  }
}

/** Whether digits stand as in ".5", "5." or "007.5", for which the whole rules are asked. */
function isRare(first: number, wholeDigits: number, rest: number): boolean {
  return wholeDigits === 0 || rest === 1 || (wholeDigits > 1 && first === ZERO);
}

/**
 * The float nearest to a decimal of 16 or 17 digits; NaN for others. The quotient of its digits and
 * a power of ten is found in two floats, which leave no doubt which one is nearest unless it lies in
 * the very middle of two; then its text is read.
 */
function longDecimal(bytes: Buffer, first: number, point: number, end: number): number {
  const leading = bytes[first] === ZERO ? 1 : 0;
  const digits = end - first - 1 - leading;
  if (point === end || digits > 17) return Number.NaN;
  let upper = 0;
  let lower = 0;
  let count = 0;
  for (let at = first + leading; at < end; at++) {
    if (at === point) continue;
    const digit = (bytes[at] as number) - ZERO;
    if (count++ < 9) upper = upper * 10 + digit;
    else lower = lower * 10 + digit;
  }
  const value = quotient(upper, POWERS[digits - 9] as number, lower, end - point - 1);
  return Number.isNaN(value)
    ? Number(bytes.toString("latin1", first, end).replace(",", "."))
    : value;
}

const SPLIT = 2 ** 27 + 1;
const DOUBT = 2 ** -40;

/** (upper * scale + lower) / 10^places, rounded to the nearest float; NaN when that is in doubt. */
function quotient(upper: number, scale: number, lower: number, places: number): number {
  // Both parts are exact: 2^15 times less than 2^42, and less than 2^43.
  const high = Math.floor(upper / 32_768);
  const large = high * scale * 32_768;
  const small = (upper - high * 32_768) * scale + lower;
  const sum = large + small;
  const rest = large - sum + small;
  const divisor = POWERS[places] as number;
  const first = sum / divisor;
  const product = first * divisor;
  const next = (sum - product - productError(first, divisor, product) + rest) / divisor;
  const value = first + next;
  const isSure = first + next * (1 + DOUBT) === value && first + next * (1 - DOUBT) === value;
  return isSure ? value : Number.NaN;
}

/** The exact rounding error of a product of two floats: of their halves, whose products are whole. */
function productError(one: number, other: number, product: number): number {
  const oneScaled = one * SPLIT;
  const oneHigh = oneScaled - (oneScaled - one);
  const oneLow = one - oneHigh;
  const otherScaled = other * SPLIT;
  const otherHigh = otherScaled - (otherScaled - other);
  const otherLow = other - otherHigh;
  return (
    oneHigh * otherHigh - product + oneHigh * otherLow + oneLow * otherHigh + oneLow * otherLow
  );
}

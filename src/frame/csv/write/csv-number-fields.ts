import { batchOf, type ColumnData } from "../../column/column-data.ts";
import {
  ColumnFields,
  countDigits,
  type FieldsOptions,
  writeDigits,
  writeNarrow,
} from "./csv-write-fields.ts";

const MINUS = 45;
const POINT = 46;

/** Marks a number below zero, and a number that has a text of its own, beside its decimal places. */
const NEGATIVE = 64;
const TEXT = 128;

/** No decimal of more digits is the only one of its length that reads back as a double. */
const DECIMAL_LIMIT = 1e15;
const NONE = -1;
/** 10 to each power that is an exact double. */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** JavaScript writes an exponent for what is smaller. */
const LEAST_DECIMAL = 1e-6;

/** So many numbers of each part tell whether its numbers are short decimals. */
const SAMPLE = 16;

/** Fields of numbers and of whole numbers of 64 bits: the shortest text that reads back the same. */
export class NumberFields extends ColumnFields {
  readonly #values: ArrayLike<unknown>;
  /** the digits of each number that was measured last, as a whole number without its sign */
  readonly #digits: Float64Array;
  /** how many of the digits are behind the point, with `NEGATIVE`, or `TEXT` */
  readonly #forms: Uint8Array;
  readonly #texts: string[] = [];
  /** the most decimal places of the numbers that were measured last */
  #places = 1;

  constructor(data: ColumnData, options: FieldsOptions) {
    super(data, options);
    this.#values = batchOf(data).values;
    this.#digits = new Float64Array(options.mostRows);
    this.#forms = new Uint8Array(options.mostRows);
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    const values = this.#values;
    if (values instanceof Float64Array) this.#loadDoubles(values, start, count);
    else if (values instanceof BigInt64Array) this.#loadWide(values, start, count);
    const digits = this.#digits;
    const forms = this.#forms;
    for (let index = 0; index < count; index++) {
      const form = forms[index] ?? 0;
      if (form === TEXT) widths[index] = this.#texts[index]?.length ?? 0;
      else widths[index] = fieldWidth(digits[index] ?? 0, form);
    }
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    const digits = this.#digits;
    const forms = this.#forms;
    for (let index = 0; index < count; index++) {
      const width = widths[index] ?? 0;
      if (width === 0) continue;
      const place = places[index] ?? 0;
      places[index] = place + width;
      const form = forms[index] ?? 0;
      if (form === TEXT) writeText(bytes, place, this.#texts[index] ?? "");
      else writeDecimal(bytes, place + width, digits[index] ?? 0, form, width);
    }
  }

  #loadDoubles(values: Float64Array, start: number, count: number): void {
    let long = 0;
    this.#places = 1;
    for (let index = 0; index < count; index++) {
      const value = values[start + index] ?? 0;
      // Where most are long, looking for short ones costs more than their text.
      const isSearched = index < SAMPLE || long < SAMPLE / 2;
      const places = isSearched ? decimalPlaces(Math.abs(value), this.#places) : NONE;
      if (places !== NONE) this.#loadDecimal(index, value, places);
      else {
        this.#forms[index] = TEXT;
        this.#texts[index] = numberText(value);
        if (index < SAMPLE) long++;
      }
    }
  }

  /** Keeps the digits of a decimal without the zeros at its end. */
  #loadDecimal(index: number, value: number, places: number): void {
    if (places > this.#places) this.#places = places;
    let digits = decimalDigits(Math.abs(value), places);
    let left = places;
    for (; left > 0 && endsWithZero(digits); left--) digits /= 10;
    const isNegative = value < 0 || Object.is(value, -0);
    this.#digits[index] = digits;
    this.#forms[index] = isNegative ? left | NEGATIVE : left;
  }

  /** From their halves: no bigint is made of one that is exact as a number. */
  #loadWide(values: BigInt64Array, start: number, count: number): void {
    const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let index = 0; index < count; index++) {
      const row = start + index;
      const value = (halves[2 * row + 1] ?? 0) * 2 ** 32 + ((halves[2 * row] ?? 0) >>> 0);
      if (Number.isSafeInteger(value)) {
        this.#digits[index] = Math.abs(value);
        this.#forms[index] = value < 0 ? NEGATIVE : 0;
      } else {
        this.#forms[index] = TEXT;
        this.#texts[index] = String(values[row]);
      }
    }
  }
}

/** Fields of whole numbers of 32 bits. */
export class NarrowFields extends ColumnFields {
  readonly #values: Int32Array;
  #start = 0;

  constructor(data: ColumnData, values: Int32Array, options: FieldsOptions) {
    super(data, options);
    this.#values = values;
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    this.#start = start;
    const values = this.#values;
    for (let index = 0; index < count; index++) {
      const value = values[start + index] ?? 0;
      widths[index] = value < 0 ? 1 + countDigits(-value) : countDigits(value);
    }
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    const values = this.#values;
    const start = this.#start;
    for (let index = 0; index < count; index++) {
      const width = widths[index] ?? 0;
      if (width === 0) continue;
      const place = places[index] ?? 0;
      const end = place + width;
      places[index] = end;
      const value = values[start + index] ?? 0;
      if (value >= 0) writeNarrow(bytes, end, value, width);
      else {
        bytes[place] = MINUS;
        writeDigits(bytes, end, -value, width - 1);
      }
    }
  }
}

/**
 * With how many decimal places, or more, the shortest text of a positive number is written: 0 for
 * whole numbers, and `NONE` for what has more digits than are looked for here.
 * @param likely where the search begins
 */
function decimalPlaces(size: number, likely: number): number {
  if (!(size < DECIMAL_LIMIT)) return NONE;
  if (Math.floor(size) === size) return 0;
  if (size < LEAST_DECIMAL) return NONE;
  for (let places = likely; places < POWERS.length; places++) {
    const digits = decimalDigits(size, places);
    if (digits >= DECIMAL_LIMIT) return NONE;
    // Both are exact, so that their quotient is the number that the decimal reads back as.
    if (digits / (POWERS[places] ?? 1) === size) return places;
  }
  return NONE;
}

function decimalDigits(size: number, places: number): number {
  return Math.floor(size * (POWERS[places] ?? 1) + 0.5);
}

function endsWithZero(digits: number): boolean {
  return digits < 2 ** 31 ? (digits | 0) % 10 === 0 : digits % 10 === 0;
}

function fieldWidth(digits: number, form: number): number {
  const places = form & ~NEGATIVE;
  const sign = form >= NEGATIVE ? 1 : 0;
  const count = countDigits(digits);
  if (places === 0) return sign + count;
  return sign + Math.max(count, places + 1) + 1;
}

/** Writes a decimal that ends before a place. */
function writeDecimal(
  bytes: Uint8Array,
  end: number,
  digits: number,
  form: number,
  width: number,
): void {
  const places = form & ~NEGATIVE;
  const sign = form >= NEGATIVE ? 1 : 0;
  if (sign === 1) bytes[end - width] = MINUS;
  if (places === 0) {
    writeDigits(bytes, end, digits, width - sign);
    return;
  }
  const point = end - places - 1;
  const whole = writeDigits(bytes, end, digits, places);
  bytes[point] = POINT;
  writeDigits(bytes, point, whole, width - sign - places - 1);
}

function writeText(bytes: Uint8Array, start: number, text: string): void {
  for (let at = 0; at < text.length; at++) bytes[start + at] = text.charCodeAt(at);
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return String(value).replace("Infinity", "inf");
}

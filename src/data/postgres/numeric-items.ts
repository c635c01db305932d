import { type ColumnData, halvesOf, toColumnData } from "../../frame/column/column-data.ts";
import { narrow } from "../../frame/column/typed-items.ts";
import { fitted, grown } from "../../frame/csv/read/csv-items.ts";
import { setHalves } from "../../frame/csv/read/csv-number-items.ts";
import { PostgresItems, type Refused } from "./postgres-items.ts";

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Any decimal of 15 digits is the shortest text of a float, and so is not lost in it. */
const SAFE = 1e15;
const POWERS = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/**
 * Decimals, read from their texts: whole numbers while none is written with a decimal point, else
 * floats, of which each gives back the digits that it was read from.
 */
export class NumericItems extends PostgresItems {
  readonly #isNearest: boolean;
  /** whether the type itself says that there are no digits after the point */
  readonly #isWhole: boolean;
  #items = new Float64Array(0);
  /** whole numbers that floats may not hold, by row */
  readonly #large = new Map<number, bigint>();
  #hasFractions = false;
  #hasValues = false;

  /** @param scale digits after the point, as the type has them; undefined where each value has its own */
  constructor(scale: number | undefined, isNearest: boolean) {
    super();
    this.#isNearest = isNearest;
    this.#isWhole = scale === 0;
  }

  get type(): "integer" | "bigint" | "number" {
    const isWhole = this.#isWhole || this.#hasValues;
    if (this.#isNearest || this.#hasFractions || !isWhole) return "number";
    return [...this.#large.values()].every(isSafe) ? "integer" : "bigint";
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Float64Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    this.#hasValues = true;
    const first = bytes[start] === MINUS ? start + 1 : start;
    const value = this.#shortAt(bytes, first, end);
    if (Number.isNaN(value)) return this.#takeLong(bytes.toString("latin1", start, end), row);
    this.#items[row] = first > start ? -value : value;
    return true;
  }

  /** A number of at most 15 digits; NaN for others. */
  #shortAt(bytes: Buffer, first: number, end: number): number {
    let mantissa = 0;
    let point = end;
    for (let at = first; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
      else if (bytes[at] === POINT) point = at;
      else return Number.NaN;
    }
    if (point < end) this.#hasFractions = true;
    const places = point === end ? 0 : end - point - 1;
    return mantissa < SAFE && places <= 22 ? mantissa / (POWERS[places] as number) : Number.NaN;
  }

  /** A number of any length, NaN, Infinity or -Infinity; false where a float would lose digits. */
  #takeLong(text: string, row: number): boolean {
    if (/^-?\d+$/.test(text)) return this.#takeWhole(text, row);
    const value = Number(text);
    this.#hasFractions = true;
    this.#items[row] = value;
    return this.#isNearest || !Number.isFinite(value) || isKept(text, value);
  }

  #takeWhole(text: string, row: number): boolean {
    const value = BigInt(text);
    this.#items[row] = Number(text);
    if (this.#isNearest) return true;
    if (value < LOWEST || value > HIGHEST) return false;
    this.#large.set(row, value);
    return true;
  }

  override refuse(bytes: Buffer, start: number, end: number): Refused {
    return toLost(bytes.toString("latin1", start, end));
  }

  /** The first row whose whole number does not fit among the floats that came with others. */
  findLost(): { readonly row: number; readonly refused: Refused } | undefined {
    if (this.type !== "number" || this.#isNearest) return undefined;
    for (const [row, value] of this.#large) {
      if (!isKept(String(value), Number(value))) return { row, refused: toLost(String(value)) };
    }
    return undefined;
  }

  toData(rows: number): ColumnData {
    const { type } = this;
    const values = fitted(this.#items, rows);
    const missing = this.missing.parts(rows);
    if (type === "number") return toColumnData(type, { length: rows, values, ...missing });
    const whole = this.#toWhole(rows);
    const kept = type === "integer" ? narrow(whole) : whole;
    return toColumnData(type, { length: rows, values: kept, ...missing });
  }

  #toWhole(rows: number): BigInt64Array {
    const whole = new BigInt64Array(rows);
    const halves = halvesOf(whole);
    for (let row = 0; row < rows; row++) setHalves(halves, row, this.#items[row] as number);
    for (const [row, value] of this.#large) whole[row] = value;
    return whole;
  }
}

function isSafe(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}

/** Whether a float's shortest text has the digits of a decimal, which it then stands for. */
function isKept(text: string, value: number): boolean {
  return toDigits(text) === toDigits(toPlain(value));
}

/** A float without an exponent, digit by digit of its shortest text. */
function toPlain(value: number): string {
  const [digits = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = digits.split(".");
  const point = whole.replace("-", "").length + Number(exponent);
  const all = whole.replace("-", "") + fraction;
  const sign = value < 0 ? "-" : "";
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${all}`;
  return `${sign}${all.slice(0, point).padEnd(point, "0")}.${all.slice(point)}`;
}

/** A decimal without zeros that say nothing. */
function toDigits(text: string): string {
  const plain = text.includes(".") ? text.replace(/\.?0*$/, "") : text;
  const trimmed = plain.replace(/^(-?)0+(?=\d)/, "$1");
  return trimmed === "-0" ? "0" : trimmed;
}

function toLost(text: string): Refused {
  const isWhole = /^-?\d+$/.test(text);
  return {
    expected: isWhole ? "a whole number of 64 bits" : "a decimal that a 64-bit float gives back",
    got: text.length > 60 ? `${text.slice(0, 60)}…` : text,
    hint: 'cast it in SQL, `::float8` for the nearest float or `::text` for its digits; or decimals: "number" or "text"',
  };
}

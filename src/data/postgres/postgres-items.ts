/** The values of columns while rows come from PostgreSQL, in the bytes of its types. */
import { type ColumnData, toColumnData } from "../../frame/column/column-data.ts";
import {
  FIRST_DAY,
  FIRST_MS,
  LAST_DAY,
  LAST_MS,
  microsOf,
  msOf,
  putMicroseconds,
} from "../../frame/column/moment.ts";
import { narrow, toBits } from "../../frame/column/typed-items.ts";
import { FieldItems, fitted, grown, MissingRows } from "../../frame/csv/read/csv-items.ts";
import { setHalves } from "../../frame/csv/read/csv-number-items.ts";
import type { ColumnType } from "../../frame/schema.ts";

/** What a column cannot take, to follow "Expected column … to be". */
export interface Refused {
  readonly expected: string;
  readonly got: string;
  readonly hint: string;
}

/** The values of one column. */
export abstract class PostgresItems extends FieldItems {
  constructor() {
    super(new MissingRows());
  }

  /** The column's type, once all values are there. */
  abstract get type(): ColumnType;

  /** Why a value was not taken. */
  refuse(bytes: Buffer, start: number, end: number): Refused {
    const got = `the bytes ${bytes.toString("hex", start, end)}`;
    return { expected: `a value of type ${this.type}`, got, hint: "cast it in SQL" };
  }
}

/** Whole numbers of 2 or 4 bytes. */
export class SmallItems extends PostgresItems {
  readonly type = "integer";
  #items = new Int32Array(0);

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Int32Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    this.#items[row] = end - start === 2 ? bytes.readInt16BE(start) : bytes.readInt32BE(start);
    return true;
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("integer", { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** From here on a whole number is not exact as a number of JavaScript: 2^53, in its upper half. */
const UNSAFE_HIGH = 2 ** 21;

/** Whole numbers of 8 bytes, or of 4 without a sign: integers when all are within ±(2^53 − 1). */
export class WideItems extends PostgresItems {
  #items = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #isSafe = true;

  get type(): "integer" | "bigint" {
    return this.#isSafe ? "integer" : "bigint";
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length >= rows) return;
    this.#items = grown(this.#items, rows, expected, BigInt64Array);
    this.#halves = new Int32Array(this.#items.buffer);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    if (end - start === 4) {
      setHalves(this.#halves, row, bytes.readUInt32BE(start));
      return true;
    }
    const high = bytes.readInt32BE(start);
    const low = bytes.readInt32BE(start + 4);
    this.#halves[2 * row] = low;
    this.#halves[2 * row + 1] = high;
    if (high >= UNSAFE_HIGH || high < -UNSAFE_HIGH || (high === -UNSAFE_HIGH && low === 0)) {
      this.#isSafe = false;
    }
    return true;
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    const missing = this.missing.parts(rows);
    const kept = this.#isSafe ? narrow(values) : values;
    return toColumnData(this.type, { length: rows, values: kept, ...missing });
  }
}

/** Floats of 4 or 8 bytes. */
export class FloatItems extends PostgresItems {
  readonly type = "number";
  #items = new Float64Array(0);

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Float64Array);
  }

  protected take(bytes: Buffer, start: number, end: number, row: number): boolean {
    this.#items[row] = end - start === 4 ? bytes.readFloatBE(start) : bytes.readDoubleBE(start);
    return true;
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("number", { length: rows, values, ...this.missing.parts(rows) });
  }
}

export class BooleanItems extends PostgresItems {
  readonly type = "boolean";
  #items = new Uint8Array(0);

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Uint8Array);
  }

  protected take(bytes: Buffer, start: number, _end: number, row: number): boolean {
    this.#items[row] = Number(bytes[start]);
    return true;
  }

  toData(rows: number): ColumnData {
    const values = toBits(this.#items.subarray(0, rows));
    return toColumnData("boolean", { length: rows, values, ...this.missing.parts(rows) });
  }
}

/** PostgreSQL counts from 2000-01-01. */
const EPOCH_DAY = 10_957;
const EPOCH_MS = EPOCH_DAY * 86_400_000;
const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;

const YEARS: Refused = {
  expected: "within the years 1 to 9999",
  got: "",
  hint: "cast it in SQL: `::text` keeps what PostgreSQL writes",
};
const INFINITY_HINT =
  "infinity: \"missing\" takes it for missing; in SQL, `nullif(x, 'infinity')` or `::text`";

/** Days. */
export class DayItems extends PostgresItems {
  readonly type = "date";
  readonly #isInfinityMissing: boolean;
  #items = new Int32Array(0);

  constructor(isInfinityMissing: boolean) {
    super();
    this.#isInfinityMissing = isInfinityMissing;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length < rows) this.#items = grown(this.#items, rows, expected, Int32Array);
  }

  protected take(bytes: Buffer, start: number, _end: number, row: number): boolean {
    const day = bytes.readInt32BE(start);
    const isInfinite = day === LOWEST || day === HIGHEST;
    if (isInfinite && this.#isInfinityMissing) {
      this.missing.add(row);
      return true;
    }
    const since1970 = day + EPOCH_DAY;
    this.#items[row] = since1970;
    return !isInfinite && since1970 >= FIRST_DAY && since1970 <= LAST_DAY;
  }

  override refuse(bytes: Buffer, start: number): Refused {
    const day = bytes.readInt32BE(start);
    if (day === LOWEST || day === HIGHEST) return toInfinity(day > 0);
    return { ...YEARS, got: day < 0 ? "an earlier day" : "a later day" };
  }

  toData(rows: number): ColumnData {
    const values = fitted(this.#items, rows);
    return toColumnData("date", { length: rows, values, ...this.missing.parts(rows) });
  }
}

function toInfinity(isPositive: boolean): Refused {
  const got = isPositive ? "infinity" : "-infinity";
  return { expected: "a day or time of the calendar", got, hint: INFINITY_HINT };
}

/** Local times or instants, in microseconds; kept in milliseconds where none has more. */
export class MomentItems extends PostgresItems {
  readonly type: "datetime" | "instant";
  readonly #isInfinityMissing: boolean;
  #items = new BigInt64Array(0);
  #halves = new Int32Array(0);
  #hasMicros = false;

  constructor(type: "datetime" | "instant", isInfinityMissing: boolean) {
    super();
    this.type = type;
    this.#isInfinityMissing = isInfinityMissing;
  }

  reserve(rows: number, expected: number): void {
    if (this.#items.length >= rows) return;
    this.#items = grown(this.#items, rows, expected, BigInt64Array);
    this.#halves = new Int32Array(this.#items.buffer);
  }

  protected take(bytes: Buffer, start: number, _end: number, row: number): boolean {
    const high = bytes.readInt32BE(start);
    const low = bytes.readInt32BE(start + 4);
    const ms = msOf(low, high) + EPOCH_MS;
    if (ms < FIRST_MS || ms > LAST_MS) return this.#takeFar(high, low, row);
    this.#halves[2 * row] = low;
    this.#halves[2 * row + 1] = high;
    if (!this.#hasMicros && microsOf(low, high) !== 0) this.#hasMicros = true;
    return true;
  }

  /** Infinities lie beyond all years. */
  #takeFar(high: number, low: number, row: number): boolean {
    if (!this.#isInfinityMissing || !isInfinite(high, low)) return false;
    this.missing.add(row);
    return true;
  }

  override refuse(bytes: Buffer, start: number): Refused {
    const high = bytes.readInt32BE(start);
    const low = bytes.readInt32BE(start + 4);
    if (isInfinite(high, low)) return toInfinity(high > 0);
    return { ...YEARS, got: high < 0 ? "an earlier time" : "a later time" };
  }

  toData(rows: number): ColumnData {
    for (let row = 0; row < rows; row++) this.#since1970(row);
    const values = fitted(this.#items, rows);
    const unit = this.#hasMicros ? "us" : "ms";
    return toColumnData(this.type, { length: rows, values, unit, ...this.missing.parts(rows) });
  }

  #since1970(row: number): void {
    const low = this.#halves[2 * row] as number;
    const high = this.#halves[2 * row + 1] as number;
    const ms = msOf(low, high) + EPOCH_MS;
    if (this.#hasMicros) putMicroseconds(this.#halves, row, ms, microsOf(low, high));
    else setHalves(this.#halves, row, ms);
  }
}

function isInfinite(high: number, low: number): boolean {
  return (high === HIGHEST && low === -1) || (high === LOWEST && low === 0);
}

import { TimeUnit, Type } from "@uwdata/flechette";
import { batchOf, type ColumnData } from "../../column/column-data.ts";
import { ColumnFields, type FieldsOptions, writeDigits, writePair } from "./csv-write-fields.ts";

const HYPHEN = 45;
const POINT = 46;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;

const DAY_SECONDS = 86_400;
const DAY_WIDTH = "YYYY-MM-DD".length;
const SECOND_WIDTH = "YYYY-MM-DDTHH:MM:SS".length;

/** How many digits of a second the times of a column are written with. */
export type FractionDigits = 0 | 3 | 6;

/** As many digits as the finest time of a column needs: all its times are written in one form. */
export function fractionDigits(data: ColumnData): FractionDigits {
  const times = new Times(data);
  const isAnyMissing = data.nullCount > 0;
  const batch = batchOf(data);
  let digits: FractionDigits = 0;
  for (let row = 0; row < data.length; row++) {
    const micros = times.microsAt(row);
    if (micros === 0 || (isAnyMissing && !batch.isValid(row))) continue;
    if (micros % 1000 !== 0) return 6;
    digits = 3;
    if (times.isOfMilliseconds) return digits;
  }
  return digits;
}

/** Times in milliseconds or microseconds as whole seconds and the microseconds after them. */
class Times {
  readonly isOfMilliseconds: boolean;
  /** whole numbers of 64 bits by their halves, since microseconds are beyond exact doubles */
  readonly #halves: Int32Array;

  constructor(data: ColumnData) {
    const { type, values } = batchOf(data);
    const isMicroseconds = type.typeId === Type.Timestamp && type.unit === TimeUnit.MICROSECOND;
    this.isOfMilliseconds = !isMicroseconds;
    this.#halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  }

  secondsAt(row: number): number {
    const high = this.#halves[2 * row + 1] ?? 0;
    const low = (this.#halves[2 * row] ?? 0) >>> 0;
    if (this.isOfMilliseconds) return Math.floor((high * 2 ** 32 + low) / 1000);
    return Math.floor((high * 2 ** 26 + (low >>> 6)) / 15_625);
  }

  microsAt(row: number): number {
    const high = this.#halves[2 * row + 1] ?? 0;
    const low = (this.#halves[2 * row] ?? 0) >>> 0;
    if (this.isOfMilliseconds) {
      const ms = high * 2 ** 32 + low;
      return (ms - Math.floor(ms / 1000) * 1000) * 1000;
    }
    // A second has 15,625 times 64 microseconds: so each part is exact.
    const parts = high * 2 ** 26 + (low >>> 6);
    return (parts - Math.floor(parts / 15_625) * 15_625) * 64 + (low & 63);
  }
}

/** Fields of days. */
export class DayFields extends ColumnFields {
  readonly #days: Int32Array;
  #start = 0;

  constructor(data: ColumnData, options: FieldsOptions) {
    super(data, options);
    const { buffer, byteOffset, length } = batchOf(data).values;
    this.#days = new Int32Array(buffer, byteOffset, length);
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    this.#start = start;
    widths.fill(DAY_WIDTH, 0, count);
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    const days = this.#days;
    const start = this.#start;
    for (let index = 0; index < count; index++) {
      if (widths[index] === 0) continue;
      const place = places[index] ?? 0;
      writeDay(bytes, place, days[start + index] ?? 0);
      places[index] = place + DAY_WIDTH;
    }
  }
}

interface TimeForm {
  readonly digits: FractionDigits;
  /** whether they are points in time, which end with a Z */
  readonly isInstant: boolean;
}

/** Fields of datetimes and instants. */
export class TimeFields extends ColumnFields {
  readonly #times: Times;
  readonly #form: TimeForm;
  readonly #width: number;
  #start = 0;

  constructor(data: ColumnData, form: TimeForm, options: FieldsOptions) {
    super(data, options);
    this.#times = new Times(data);
    this.#form = form;
    const fraction = form.digits === 0 ? 0 : form.digits + 1;
    this.#width = SECOND_WIDTH + fraction + (form.isInstant ? 1 : 0);
  }

  protected override size(start: number, count: number, widths: Int32Array): void {
    this.#start = start;
    widths.fill(this.#width, 0, count);
  }

  protected override put(
    count: number,
    widths: Int32Array,
    bytes: Uint8Array,
    places: Int32Array,
  ): void {
    const { digits, isInstant } = this.#form;
    for (let index = 0; index < count; index++) {
      if (widths[index] === 0) continue;
      const row = this.#start + index;
      const place = places[index] ?? 0;
      const end = place + this.#width;
      places[index] = end;
      writeSecond(bytes, place, this.#times.secondsAt(row));
      if (isInstant) bytes[end - 1] = LETTER_Z;
      if (digits === 0) continue;
      const micros = this.#times.microsAt(row);
      bytes[place + SECOND_WIDTH] = POINT;
      const fraction = digits === 3 ? Math.floor(micros / 1000) : micros;
      writeDigits(bytes, place + SECOND_WIDTH + 1 + digits, fraction, digits);
    }
  }
}

function writeSecond(bytes: Uint8Array, start: number, seconds: number): void {
  const day = Math.floor(seconds / DAY_SECONDS);
  const second = (seconds - day * DAY_SECONDS) | 0;
  const minute = (second / 60) | 0;
  const hour = (minute / 60) | 0;
  writeDay(bytes, start, day);
  bytes[start + 10] = LETTER_T;
  writePair(bytes, start + 11, hour);
  bytes[start + 13] = COLON;
  writePair(bytes, start + 14, minute - hour * 60);
  bytes[start + 16] = COLON;
  writePair(bytes, start + 17, second - minute * 60);
}

/** The first day of each year from 0 to 10,000, counted from 1970-01-01. */
const YEAR_STARTS = Int32Array.from({ length: 10_001 }, (_, year) => {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return before * 365 + leapDays - 719_162;
});
/** The month times 100 and the day of the month, by the day of a leap year. */
const MONTH_DAYS = Int32Array.from({ length: 366 }, (_, day) => {
  const date = new Date(Date.UTC(2000, 0, 1 + day));
  return (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
});
const FEBRUARY_28 = 58;

function writeDay(bytes: Uint8Array, start: number, day: number): void {
  let year = (1970 + day / 365.2425) | 0;
  if (day < (YEAR_STARTS[year] ?? 0)) year--;
  else if (day >= (YEAR_STARTS[year + 1] ?? 0)) year++;
  const isLeap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
  const dayOfYear = day - (YEAR_STARTS[year] ?? 0);
  const monthDay = MONTH_DAYS[!isLeap && dayOfYear > FEBRUARY_28 ? dayOfYear + 1 : dayOfYear] ?? 0;
  const century = (year / 100) | 0;
  const month = (monthDay / 100) | 0;
  writePair(bytes, start, century);
  writePair(bytes, start + 2, year - century * 100);
  bytes[start + 4] = HYPHEN;
  writePair(bytes, start + 5, month);
  bytes[start + 7] = HYPHEN;
  writePair(bytes, start + 8, monthDay - month * 100);
}

import type { TypedArray } from "@uwdata/flechette";
import type { ColumnType, Value } from "../schema.ts";
import {
  type ColumnData,
  type ColumnParts,
  halvesOf,
  type MomentUnit,
  toColumnData,
  toDictionary,
  Validity,
} from "./column-data.ts";
import { fitsType, misfitError } from "./column-value.ts";
import { dateMicros, parseDatetime, parseDay, parseMicros, putMicroseconds } from "./moment.ts";

/** No column keeps a dictionary of more texts than this. */
const MAX_DICTIONARY = 65_536;

/**
 * Builds a column from values, of which null and undefined are missing.
 * @throws {HexError} HEX_FRAME_INVALID when a value does not fit the type, naming column and row
 */
export function buildColumn(
  name: string,
  type: ColumnType,
  values: readonly unknown[],
): ColumnData {
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value !== null && value !== undefined && !fitsType(type, value)) {
      throw misfitError(name, row, type, value);
    }
  }
  if (type === "string") return buildStrings(values);
  return type === "datetime" || type === "instant"
    ? buildMoments(type, values)
    : buildFixed(type, values);
}

/** Builds a text column: codes into a dictionary when few texts repeat, else the texts. */
function buildStrings(values: readonly unknown[]): ColumnData {
  const validity = new Validity(values.length);
  const codes = new Int32Array(values.length);
  const limit = dictionaryLimit(values.length);
  const codeOf = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (typeof value !== "string") {
      validity.clear(row);
      continue;
    }
    const code = codeOf.get(value) ?? codeOf.size;
    if (code === codeOf.size) codeOf.set(value, code);
    if (codeOf.size > limit) return toColumnData("string", textParts(values));
    codes[row] = code;
  }
  return codedStrings(codes, validity, [...codeOf.keys()]);
}

/** The largest dictionary worth keeping for a column of so many rows. */
export function dictionaryLimit(rows: number): number {
  return Math.min(MAX_DICTIONARY, Math.max(64, rows >> 2));
}

/** A text column from codes into distinct texts. */
function codedStrings(codes: Int32Array, validity: Validity, texts: readonly string[]): ColumnData {
  const dictionary = toDictionary(textParts(texts));
  const { length } = codes;
  return toColumnData("string", { length, values: codes, dictionary, ...validity.parts() });
}

/** The buffers of a text column without a dictionary. */
export function textParts(values: readonly unknown[]): ColumnParts {
  const { length } = values;
  const validity = new Validity(length);
  const offsets = new Int32Array(length + 1);
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(Math.max(64, length * 16));
  let end = 0;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (typeof value !== "string") validity.clear(row);
    else {
      bytes = withRoom(bytes, end + value.length * 3);
      end += encoder.encodeInto(value, bytes.subarray(end)).written;
    }
    offsets[row + 1] = end;
  }
  return { length, values: bytes.subarray(0, end), offsets, ...validity.parts() };
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.length) return bytes;
  const larger = new Uint8Array(Math.max(size, bytes.length * 2));
  larger.set(bytes);
  return larger;
}

/** Builds a column of milliseconds, or of microseconds when any value has some. */
function buildMoments(type: "datetime" | "instant", values: readonly unknown[]): ColumnData {
  const { length } = values;
  const validity = new Validity(length);
  const unit: MomentUnit = values.some((value) => microsOfValue(value) > 0) ? "us" : "ms";
  const items = new BigInt64Array(length);
  const halves = halvesOf(items);
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value === null || value === undefined) {
      validity.clear(row);
      continue;
    }
    const ms = value instanceof Date ? value.getTime() : (parseDatetime(String(value)) ?? 0);
    if (unit === "us") putMicroseconds(halves, row, ms, microsOfValue(value));
    else putNumber(halves, row, ms);
  }
  return toColumnData(type, { length, values: items, unit, ...validity.parts() });
}

function microsOfValue(value: unknown): number {
  if (value instanceof Date) return dateMicros(value);
  return typeof value === "string" ? parseMicros(value) : 0;
}

function putNumber(halves: Int32Array, row: number, number: number): void {
  halves[2 * row] = number;
  halves[2 * row + 1] = Math.floor(number / 4_294_967_296);
}

type FixedType = Exclude<ColumnType, "string" | "datetime" | "instant">;

function buildFixed(type: FixedType, values: readonly unknown[]): ColumnData {
  const { length } = values;
  const validity = new Validity(length);
  const buffer = fixedBuffer(type, values);
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value === null || value === undefined) validity.clear(row);
    else if (type === "boolean") setBit(buffer, row, value === true);
    else buffer[row] = physical(value, buffer);
  }
  return toColumnData(type, { length, values: buffer, ...validity.parts() });
}

function setBit(bits: TypedArray, row: number, on: boolean): void {
  if (on) bits[row >> 3] = Number(bits[row >> 3]) | (1 << (row & 7));
}

function fixedBuffer(type: FixedType, values: readonly unknown[]): TypedArray {
  const { length } = values;
  switch (type) {
    case "number":
      return new Float64Array(length);
    case "integer":
      return values.every(isNarrow) ? new Int32Array(length) : new BigInt64Array(length);
    case "boolean":
      return new Uint8Array((length + 7) >> 3);
    case "date":
      return new Int32Array(length);
    case "bigint":
      return new BigInt64Array(length);
  }
}

function isNarrow(value: unknown): boolean {
  return typeof value !== "number" || (value | 0) === value;
}

function physical(value: unknown, buffer: TypedArray): number | bigint {
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const number = isNumber ? value : (parseDay(String(value)) ?? 0);
  return buffer instanceof BigInt64Array ? BigInt(number) : number;
}

/**
 * A column of numbers as they lie in memory.
 * @param has whether a row has a value
 */
export function numberColumn(
  type: "number" | "integer",
  numbers: Float64Array,
  has: (row: number) => boolean,
): ColumnData {
  const { length } = numbers;
  const validity = new Validity(length);
  let isNarrow = type === "integer";
  for (let row = 0; row < length; row++) {
    if (has(row)) isNarrow &&= ((numbers[row] as number) | 0) === numbers[row];
    else {
      validity.clear(row);
      numbers[row] = 0;
    }
  }
  if (type === "number")
    return toColumnData(type, { length, values: numbers, ...validity.parts() });
  if (isNarrow) {
    return toColumnData(type, { length, values: Int32Array.from(numbers), ...validity.parts() });
  }
  const items = new BigInt64Array(length);
  const halves = halvesOf(items);
  for (let row = 0; row < length; row++) putNumber(halves, row, numbers[row] as number);
  return toColumnData(type, { length, values: items, ...validity.parts() });
}

/** Every value of a column, in order. */
export function valuesOf(data: ColumnData): Value[] {
  const values = new Array<Value>(data.length);
  for (let row = 0; row < data.length; row++) values[row] = data.at(row);
  return values;
}

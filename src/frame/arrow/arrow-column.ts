/** From the arrays of an Arrow column to the column of a frame: types that lie alike in both. */
import type { TypedArray } from "@uwdata/flechette";
import { expectation, type HexError } from "../../errors.ts";
import {
  type ColumnData,
  type ColumnParts,
  halvesOf,
  toColumnData,
} from "../column/column-data.ts";
import { FIRST_DAY, LAST_DAY } from "../column/moment.ts";
import type { ColumnType } from "../schema.ts";
import { type ArrowArray, isSet, itemsIn, type Missing } from "./arrow-array.ts";
import { readCoded } from "./arrow-coded.ts";
import { toMoments } from "./arrow-moments.ts";
import type { ArrowOptions } from "./arrow-options.ts";
import { readTextParts } from "./arrow-texts.ts";
import { type ArrowField, EXTENSION_KEY, typeText } from "./arrow-type.ts";

/** A column as a frame has it; a name is added to it. */
export interface ReadColumn {
  readonly type: ColumnType;
  readonly data: ColumnData;
}

/** What has to be known to read a column besides its arrays. */
export interface ColumnPlace {
  /** the column's name, and what the bytes are called */
  readonly name: string;
  readonly place: string;
  /** what messages count: its rows, or what stands for several of them or in one of them */
  readonly item: "row" | "value";
  /** true where whole numbers are to stay bigints, however small they are */
  readonly isBigint: boolean;
  /** is told why the column has its type, where that is no plain matter */
  readonly why: (text: string) => void;
  /** is told what is not kept */
  readonly note: (text: string) => void;
}

/** Whether `readPlainColumn` reads a field. */
export function isPlainField({ type, dictionary, metadata }: ArrowField): boolean {
  if (metadata.has(EXTENSION_KEY)) return false;
  if (dictionary !== undefined) return type.kind === "text";
  const { kind } = type;
  if (kind === "whole") return type.isSigned || type.bits < 64;
  return (
    (kind === "float" && type.bits > 16) ||
    (kind === "date" && type.unit === "day") ||
    ["boolean", "text", "timestamp"].includes(kind)
  );
}

/** Reads the arrays of a column, one a batch. */
export function readPlainColumn(
  field: ArrowField,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  options: ArrowOptions,
): ReadColumn {
  const missing = missingOf(arrays);
  const { type } = field;
  if (type.kind === "text") {
    if (field.dictionary !== undefined) return { type: "string", data: readCoded(arrays, missing) };
    return {
      type: "string",
      data: toColumnData("string", { ...missing, ...readTextParts(arrays) }),
    };
  }
  if (type.kind === "boolean") {
    const bits = arrays.map(({ buffers: [values], length }) => ({ bits: values, length }));
    return toRead("boolean", missing, { values: joinBits(bits, missing.length) });
  }
  if (type.kind === "float") {
    const values =
      type.bits === 64
        ? joinItems(arrays, Float64Array)
        : Float64Array.from(joinItems(arrays, Float32Array));
    return toRead("number", missing, { values });
  }
  if (type.kind === "date") return readDays(joinItems(arrays, Int32Array), missing, at);
  if (type.kind === "timestamp") return readMoments(type, arrays, at, options);
  if (type.kind === "whole") return readWholes(type, arrays, missing, at);
  throw new Error("Other types have a reader of their own");
}

/** A column of a frame over buffers. */
export function toRead(
  type: ColumnType,
  missing: Missing,
  parts: Pick<ColumnParts, "values" | "unit">,
): ReadColumn {
  return { type, data: toColumnData(type, { ...missing, ...parts }) };
}

/** What is missing in the arrays of a column together. */
export function missingOf(arrays: readonly ArrowArray[]): Missing {
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const nullCount = arrays.reduce((sum, array) => sum + array.nullCount, 0);
  if (nullCount === 0) return { length, nullCount, validity: new Uint8Array(0) };
  const bits = arrays.map((array) => ({
    bits: array.nullCount === 0 ? undefined : array.validity,
    length: array.length,
  }));
  return { length, nullCount, validity: joinBits(bits, length) };
}

interface Bits {
  /** all set when there are none */
  readonly bits: Uint8Array | undefined;
  readonly length: number;
}

function joinBits(parts: readonly Bits[], length: number): Uint8Array {
  const [first, ...others] = parts;
  if (first?.bits !== undefined && others.length === 0)
    return first.bits.subarray(0, (length + 7) >> 3);
  const joined = new Uint8Array((length + 7) >> 3);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.length; row++, at++) {
      if (part.bits !== undefined && !isSet(part.bits, row)) continue;
      joined[at >> 3] = (joined[at >> 3] ?? 0) | (1 << (at & 7));
    }
  }
  return joined;
}

type ItemsClass<Items> = Parameters<typeof itemsIn<Items>>[1] & { new (length: number): Items };

/** The items of the arrays of a column: the memory of a lone one, else a copy. */
export function joinItems<Items extends TypedArray>(
  arrays: readonly ArrowArray[],
  Items: ItemsClass<Items>,
): Items {
  const parts = arrays.map(({ buffers: [bytes], length }) => {
    return itemsIn(bytes ?? new Uint8Array(0), Items, length);
  });
  const [first, ...others] = parts;
  if (first !== undefined && others.length === 0) return first;
  const joined = new Items(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    // Both are of the one class that was given.
    (joined as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  return joined;
}

/** Whether a row of a column is not missing. */
export function presence({ nullCount, validity }: Missing): (row: number) => boolean {
  return nullCount === 0 ? () => true : (row) => isSet(validity, row);
}

type WholeType = Extract<ArrowField["type"], { kind: "whole" }>;

function readWholes(
  type: WholeType,
  arrays: readonly ArrowArray[],
  missing: Missing,
  at: ColumnPlace,
): ReadColumn {
  const { bits, isSigned } = type;
  if (bits === 64) return fromWide(joinItems(arrays, BigInt64Array), missing, at);
  if (bits === 32 && isSigned)
    return toRead("integer", missing, { values: joinItems(arrays, Int32Array) });
  if (bits === 32) return fromUnsigned(joinItems(arrays, Uint32Array), missing);
  const items =
    bits === 8
      ? joinItems<Int8Array | Uint8Array>(arrays, isSigned ? Int8Array : Uint8Array)
      : joinItems<Int16Array | Uint16Array>(arrays, isSigned ? Int16Array : Uint16Array);
  return toRead("integer", missing, { values: Int32Array.from(items) });
}

function fromUnsigned(items: Uint32Array, missing: Missing): ReadColumn {
  const narrow = new Int32Array(items.buffer, items.byteOffset, items.length);
  if (narrow.every((item) => item >= 0)) return toRead("integer", missing, { values: narrow });
  const values = new BigInt64Array(items.length);
  const halves = halvesOf(values);
  for (let row = 0; row < items.length; row++) halves[2 * row] = items[row] ?? 0;
  return toRead("integer", missing, { values });
}

/**
 * Whole numbers of 64 bits: integers when all of them are within ±(2^53 − 1), in 32 bits where that
 * is enough; else bigints.
 */
export function fromWide(values: BigInt64Array, missing: Missing, at: ColumnPlace): ReadColumn {
  if (at.isBigint) return toRead("bigint", missing, { values });
  const narrow = new Int32Array(values.length);
  const wide = copyNarrow(values, narrow, missing);
  if (wide === values.length) return toRead("integer", missing, { values: narrow });
  const large = findLarge(values, wide, presence(missing));
  if (large === undefined) return toRead("integer", missing, { values });
  at.why(`row ${large + 1} is ${values[large]}, beyond ±(2^53 − 1)`);
  return toRead("bigint", missing, { values });
}

/** Copies whole numbers up to the first that needs more than 32 bits; gives its row. */
function copyNarrow(values: BigInt64Array, narrow: Int32Array, { nullCount, validity }: Missing) {
  const halves = halvesOf(values);
  const { length } = values;
  for (let row = 0; row < length; row++) {
    const low = Number(halves[2 * row]);
    narrow[row] = low;
    if (halves[2 * row + 1] === low >> 31) continue;
    if (nullCount === 0 || isSet(validity, row)) return row;
  }
  return length;
}

/** The first row, from one on, that is beyond ±(2^53 − 1). */
function findLarge(values: BigInt64Array, from: number, isPresent: (row: number) => boolean) {
  const halves = halvesOf(values);
  for (let row = from; row < values.length; row++) {
    const high = Number(halves[2 * row + 1]);
    const isSafe = high >= LEAST_HIGH && high < -LEAST_HIGH;
    if (isSafe && (high !== LEAST_HIGH || halves[2 * row] !== 0)) continue;
    if (isPresent(row)) return row;
  }
  return undefined;
}

/** The upper half of −2^53. */
const LEAST_HIGH = -(2 ** 21);

/** Days counted from 1970. */
export function readDays(values: Int32Array, missing: Missing, at: ColumnPlace): ReadColumn {
  const outside = findOutside(values, missing);
  if (outside === undefined) return toRead("date", missing, { values });
  throw valueError(
    at,
    outside,
    "a day of the years 1 to 9999",
    `day ${values[outside]} from 1970`,
    "make it missing before writing the file",
  );
}

function findOutside(days: Int32Array, { nullCount, validity }: Missing): number | undefined {
  for (let row = 0; row < days.length; row++) {
    const day = Number(days[row]);
    if (day >= FIRST_DAY && day <= LAST_DAY) continue;
    if (nullCount === 0 || isSet(validity, row)) return row;
  }
  return undefined;
}

type TimestampType = Extract<ArrowField["type"], { kind: "timestamp" }>;

function readMoments(
  { unit, zone }: TimestampType,
  arrays: readonly ArrowArray[],
  at: ColumnPlace,
  { nanoseconds }: ArrowOptions,
): ReadColumn {
  const missing = missingOf(arrays);
  const values = joinItems(arrays, BigInt64Array);
  const read = toMoments(values, unit, {
    isPresent: presence(missing),
    cut: nanoseconds === "cut",
  });
  if ("fault" in read) {
    const { row, isFine } = read.fault;
    const got = `${values[row]} ${UNIT_NAMES[unit]} since 1970`;
    throw isFine
      ? valueError(
          at,
          row,
          "a time of whole microseconds",
          got,
          'round the column to microseconds before writing the file, or read it with nanoseconds: "cut"',
        )
      : valueError(
          at,
          row,
          "a time of the years 1 to 9999",
          got,
          "make it missing before writing the file",
        );
  }
  if (read.cutRows > 0) {
    const times =
      read.cutRows === 1 ? "1 time is" : `${read.cutRows.toLocaleString("en")} times are`;
    at.note(`${times} cut to whole microseconds`);
  }
  if (zone === undefined) return toRead("datetime", missing, read.items);
  if (!UTC.has(zone)) at.note(`its zone ${zone} is not kept, the instants are`);
  return toRead("instant", missing, read.items);
}

/** The names of the one zone that an instant shows. */
const UTC: ReadonlySet<string> = new Set(["UTC", "Etc/UTC", "GMT", "Z", "+00:00", "+0000"]);

export const UNIT_NAMES = {
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
} as const;

/** A value that no column of a frame can hold. Rows count from 1. */
export function valueError(
  { name, place, item }: ColumnPlace,
  row: number,
  expected: string,
  got: string,
  hint: string,
): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)}, ${item} ${row + 1} of ${place}`,
    ...{ expected, got, hint },
  });
}

/** A column of a type that no frame has. */
export function typeError(
  { name, place }: Pick<ColumnPlace, "name" | "place">,
  field: ArrowField,
  hint: string,
): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)} of ${place}`,
    expected: "of a type that a frame has",
    got: typeText(field),
    hint,
  });
}

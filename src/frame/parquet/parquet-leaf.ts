/** How a column of each kind is opened: what takes its pages, and what its values become. */
import type { TypedArray } from "@uwdata/flechette";
import { toColumnData, type Validity } from "../column/column-data.ts";
import { narrow, toBits } from "../column/typed-items.ts";
import type { ColumnType } from "../schema.ts";
import {
  FixedColumn,
  type FixedItems,
  type ParquetColumn,
  type ReadColumn,
  type Refuse,
} from "./parquet-column.ts";
import type { ParquetSource } from "./parquet-file.ts";
import { type ByteItems, countOf, type Items, isBytes } from "./parquet-items.ts";
import type { ParquetKind } from "./parquet-kind.ts";
import { checkDays, fromInt96, type MomentReading, toMoments } from "./parquet-moments.ts";
import {
  decimalNumber,
  toFlags,
  toFloats,
  toNarrow,
  toWide,
  unscaledAt,
  wrongItems,
} from "./parquet-numbers.ts";
import type { ReadParquetOptions } from "./parquet-options.ts";
import { UNIT_NAMES } from "./parquet-rules.ts";
import { TextColumn } from "./parquet-text-column.ts";
import { textsOf } from "./parquet-texts.ts";

/** A column while its pages come in. */
export type OpenColumn = ParquetColumn<FixedItems> | ParquetColumn<ByteItems>;

/** What was asked of the values of a column, and what is told of them. */
export interface LeafReading {
  readonly options: ReadParquetOptions;
  readonly zone: string | undefined;
  readonly isBigint: boolean;
  readonly moments: MomentReading;
  /** whether decimals have more digits than floats tell apart */
  hasLongDecimals: boolean;
  why: string | undefined;
}

/** What is asked of a column. */
export function newReading(
  { hint: { zone }, isBigint }: Pick<ParquetSource, "hint" | "isBigint">,
  options: ReadParquetOptions,
): LeafReading {
  const moments = { isCut: options.nanoseconds === "cut", hasCut: false };
  return { options, zone, isBigint, moments, hasLongDecimals: false, why: undefined };
}

/** What is told of a column: why it has its type, and what is not kept. */
export function toldOf({ moments, hasLongDecimals, zone, why }: LeafReading): {
  readonly why: string | undefined;
  readonly notes: readonly string[];
} {
  const isOther = zone !== undefined && !UTC.has(zone);
  return {
    why,
    notes: [
      ...(moments.hasCut ? ["its times are cut to whole microseconds"] : []),
      ...(hasLongDecimals ? ["of its decimals the nearest 64-bit floats are read"] : []),
      ...(isOther ? [`its zone ${zone} is not kept, the instants are`] : []),
    ],
  };
}

/** The names of the one zone that an instant shows. */
const UTC: ReadonlySet<string> = new Set(["UTC", "Etc/UTC", "GMT", "Z", "+00:00", "+0000"]);

type Finish = (words: Int32Array<ArrayBuffer>, validity: Validity) => ReadColumn;

/** Opens a column of so many rows. */
export function openLeaf(kind: ParquetKind, rows: number, reading: LeafReading): OpenColumn {
  switch (kind.kind) {
    case "whole":
      return openWhole(kind, rows, reading);
    case "float":
      return new FixedColumn(rows, 2, toFloats, finishAs("number", Float64Array));
    case "boolean":
      return new FixedColumn(rows, 1, toFlags, finishFlags);
    case "date": {
      const days = (items: Items, refuse: Refuse) => checkDays(toNarrow(items), refuse);
      return new FixedColumn(rows, 1, days, finishAs("date", Int32Array));
    }
    case "timestamp":
      return openMoments(kind, rows, reading.moments);
    case "decimal":
      if (reading.options.decimals === "number") return openDecimals(kind, rows, reading);
      if (reading.options.decimals === undefined) return openWholes(rows, reading, wholesOf);
      break;
    case "duration":
      reading.why = `it counts ${UNIT_NAMES[kind.unit] ?? kind.unit}`;
      return openWhole({ kind: "whole", isSigned: true, bits: 64 }, rows, reading);
    case "null":
      reading.why = "it has no values";
      break;
    case "time":
      reading.why = "a time of day is the text HH:MM:SS, with the digits of the second that it has";
      break;
    default:
      break;
  }
  const { binary } = reading.options;
  return new TextColumn(rows, (items, refuse) => textsOf(kind, items, { binary, refuse }));
}

function finishAs(
  type: "number" | "date" | "integer",
  ItemsOf: typeof Float64Array | typeof Int32Array,
): Finish {
  return (words, validity) => {
    const values = new ItemsOf(words.buffer);
    return {
      type,
      data: toColumnData(type, { length: values.length, values, ...validity.parts() }),
    };
  };
}

const finishFlags: Finish = (words, validity) => {
  const parts = { length: words.length, values: toBits(words), ...validity.parts() };
  return { type: "boolean", data: toColumnData("boolean", parts) };
};

function openWhole(
  { isSigned, bits }: Extract<ParquetKind, { kind: "whole" }>,
  rows: number,
  reading: LeafReading,
): OpenColumn {
  if (bits < 32 || (bits === 32 && isSigned)) {
    return new FixedColumn(rows, 1, toNarrow, finishAs("integer", Int32Array));
  }
  return openWholes(rows, reading, (items, refuse) => toWide(items, isSigned, refuse));
}

/** Decimals without digits after their point. */
function wholesOf(items: Items, refuse: Refuse): BigInt64Array {
  const wholes = new BigInt64Array(countOf(items));
  for (let at = 0; at < wholes.length; at++) {
    const whole = unscaledAt(items, at);
    wholes[at] = whole;
    if (wholes[at] !== whole) refuse(at, String(whole));
  }
  return wholes;
}

/** Whole numbers of 64 bits: integers when all of them are within ±(2^53 − 1), else bigints. */
function openWholes(
  rows: number,
  reading: LeafReading,
  convert: (items: Items, refuse: Refuse) => BigInt64Array,
): OpenColumn {
  return new FixedColumn(rows, 2, convert, (words, validity) => {
    const wide = new BigInt64Array(words.buffer);
    if (reading.isBigint) return toRead("bigint", wide, validity);
    const values = narrow(wide);
    const large = values === wide ? findLarge(words) : undefined;
    if (large !== undefined) {
      reading.why = `row ${large + 1} is ${wide[large]}, beyond ±(2^53 − 1)`;
    }
    return toRead(large === undefined ? "integer" : "bigint", values, validity);
  });
}

function toRead(type: ColumnType, values: TypedArray, validity: Validity): ReadColumn {
  const parts = { length: values.length, values, ...validity.parts() };
  return { type, data: toColumnData(type, parts) };
}

/** The first row beyond ±(2^53 − 1), by the halves of its number. */
function findLarge(words: Int32Array): number | undefined {
  for (let at = 0; at < words.length; at += 2) {
    const high = words[at + 1] as number;
    if (high >= -0x20_0000 && high < 0x20_0000 && (high !== -0x20_0000 || words[at] !== 0))
      continue;
    return at / 2;
  }
  return undefined;
}

function openMoments(
  { unit, isUtc }: Extract<ParquetKind, { kind: "timestamp" }>,
  rows: number,
  reading: MomentReading,
): OpenColumn {
  const convert = (items: Items, refuse: Refuse) => {
    if (items instanceof BigInt64Array && unit) return toMoments(items, unit, reading, refuse);
    if (isBytes(items)) return fromInt96(items, reading, refuse);
    throw wrongItems();
  };
  const type = isUtc ? "instant" : "datetime";
  return new FixedColumn(rows, 2, convert, (words, validity) => {
    const values = new BigInt64Array(words.buffer);
    const parts = { length: values.length, values, ...validity.parts() };
    const counted = unit === "MILLIS" ? "ms" : "us";
    return { type, data: toColumnData(type, { ...parts, unit: counted }) };
  });
}

function openDecimals(
  { scale }: Extract<ParquetKind, { kind: "decimal" }>,
  rows: number,
  reading: LeafReading,
): OpenColumn {
  const convert = (items: Items) => {
    const numbers = new Float64Array(countOf(items));
    for (let at = 0; at < numbers.length; at++) {
      const { value, isKept } = decimalNumber(unscaledAt(items, at), scale);
      numbers[at] = value;
      reading.hasLongDecimals ||= !isKept;
    }
    return numbers;
  };
  return new FixedColumn(rows, 2, convert, finishAs("number", Float64Array));
}

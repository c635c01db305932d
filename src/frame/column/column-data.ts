/**
 * How a column lies in memory: one Arrow batch per column, read as the JavaScript values that
 * `schema.ts` documents.
 *
 * - string: dictionary codes when few values repeat, else UTF-8 text
 * - number: float64; integer: int32, or int64 when a value needs it; bigint: int64
 * - boolean: bits; date: days
 * - datetime and instant: int64 of milliseconds, or of microseconds when a value needs them
 */
import {
  Batch,
  batchType,
  bool,
  Column,
  type DataType,
  dateDay,
  dictionary,
  float64,
  int32,
  int64,
  TimeUnit,
  Type,
  type TypedArray,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import type { ColumnType, Value } from "../schema.ts";
import { DatetimeBlocks } from "./datetime-blocks.ts";
import { datetimeText, dayText, microsOf, msOf, toDate } from "./moment.ts";
import { TextBlocks } from "./text-blocks.ts";

/** A column of values, in one batch; `at(row)` gives null for what is missing. */
export type ColumnData = Column<Value>;

/** A column with its name and type. */
export interface FrameColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly data: ColumnData;
}

/** The buffers of a column; `validity` is empty when nothing is missing. */
export interface ColumnParts {
  readonly length: number;
  readonly nullCount: number;
  readonly validity: Uint8Array;
  readonly values: TypedArray;
  /** where each text starts in `values`, and where the last ends */
  readonly offsets?: Int32Array;
  /** the texts that `values` are codes of */
  readonly dictionary?: Column<string>;
  /** what `values` of a datetime or an instant count; milliseconds unless told */
  readonly unit?: MomentUnit;
}

/** The unit in which a column of datetimes or instants counts since 1970. */
export type MomentUnit = "ms" | "us";

/** A batch of codes into a dictionary of texts. */
export interface DictionaryBatch extends Batch<Value> {
  readonly dictionary: Column<string>;
  readonly cache: readonly string[];
  setDictionary(dictionary: Column<string>): this;
}

type BatchOptions = ConstructorParameters<typeof Batch>[0];
type BatchClass = new (options: BatchOptions) => Batch<Value>;

/** Whole numbers of 64 bits read as numbers, from their halves: no bigint is made per value. */
class WideIntegerBatch extends Batch<Value> {
  static override ArrayType = Array;
  protected readonly halves: Int32Array;

  constructor(options: BatchOptions) {
    super(options);
    this.halves = halvesOf(this.values);
  }

  override value(index: number): Value {
    return this.number(index);
  }

  protected number(index: number): number {
    const low = this.halves[2 * index] ?? 0;
    const high = this.halves[2 * index + 1] ?? 0;
    return high * 4_294_967_296 + (low >>> 0);
  }
}

class DatetimeBatch extends WideIntegerBatch {
  readonly #blocks = new DatetimeBlocks(this.length, (row) => this.number(row));

  override value(index: number): Value {
    return this.#blocks.text(index);
  }
}

class InstantBatch extends WideIntegerBatch {
  override value(index: number): Value {
    return new Date(this.number(index));
  }
}

class MicroDatetimeBatch extends WideIntegerBatch {
  override value(index: number): Value {
    const low = this.halves[2 * index] ?? 0;
    const high = this.halves[2 * index + 1] ?? 0;
    return datetimeText(msOf(low, high), microsOf(low, high));
  }
}

class MicroInstantBatch extends WideIntegerBatch {
  override value(index: number): Value {
    const low = this.halves[2 * index] ?? 0;
    const high = this.halves[2 * index + 1] ?? 0;
    return toDate(msOf(low, high), microsOf(low, high));
  }
}

class DateBatch extends Batch<Value> {
  static override ArrayType = Array;

  override value(index: number): Value {
    return dayText(Number(this.values[index]));
  }
}

class TextBatch extends Batch<string> {
  static override ArrayType = Array;
  readonly #blocks: TextBlocks;

  constructor(options: BatchOptions) {
    super(options);
    const { values, offsets } = this;
    if (!(values instanceof Uint8Array && offsets instanceof Int32Array)) {
      throw new Error("Texts are kept in bytes, with places of 32 bits");
    }
    this.#blocks = new TextBlocks({ bytes: values, places: offsets });
  }

  override value(index: number): string {
    return this.#blocks.text(index);
  }
}

/** Codes into a dictionary, whose texts are decoded when one of them is read. */
class CodedBatch extends Batch<Value> {
  static override ArrayType = Array;
  #dictionary: Column<string> | undefined;
  #texts: readonly string[] | undefined;

  setDictionary(dictionary: Column<string>): this {
    this.#dictionary = dictionary;
    this.#texts = undefined;
    return this;
  }

  get dictionary(): Column<string> | undefined {
    return this.#dictionary;
  }

  get cache(): readonly string[] {
    this.#texts ??= [...(this.#dictionary ?? [])].map(String);
    return this.#texts;
  }

  override value(index: number): Value {
    return this.cache[Number(this.values[index])] ?? null;
  }
}

/** Wraps buffers as a column of the given type. */
export function toColumnData(type: ColumnType, parts: ColumnParts): ColumnData {
  const arrow = arrowType(type, parts);
  const { length, nullCount, validity, values } = parts;
  const BatchOf = batchClass(type, parts, arrow);
  const offsets = parts.offsets === undefined ? {} : { offsets: parts.offsets };
  const batch = new BatchOf({ length, nullCount, validity, values, type: arrow, ...offsets });
  if (parts.dictionary && hasDictionary(batch)) batch.setDictionary(parts.dictionary);
  return new Column([batch], arrow);
}

/** Wraps texts as the dictionary of a column of codes. */
export function toDictionary({ length, values, offsets }: ColumnParts): Column<string> {
  const type = utf8();
  const places = offsets ?? new Int32Array(1);
  const validity = new Uint8Array(0);
  const batch = { length, nullCount: 0, validity, values, offsets: places, type };
  return new Column([new TextBatch(batch)], type);
}

/** The one batch of a column. */
export function batchOf(data: ColumnData): Batch<Value> {
  const batch = data.data[0];
  if (batch === undefined) throw new Error("A column of a frame has one batch");
  return batch;
}

/** The unit in which a column of datetimes or instants counts; "ms" for any other column. */
export function unitOf(data: ColumnData): MomentUnit {
  const { type } = batchOf(data);
  return type.typeId === Type.Timestamp && type.unit === TimeUnit.MICROSECOND ? "us" : "ms";
}

/** The halves of whole numbers of 64 bits: the lower, then the upper. */
export function halvesOf({ buffer, byteOffset, length }: TypedArray): Int32Array {
  return new Int32Array(buffer, byteOffset, length * 2);
}

function hasDictionary(batch: Batch<Value>): batch is DictionaryBatch {
  return "setDictionary" in batch;
}

/** The dictionary batch of a column, or undefined when its texts are not encoded as codes. */
export function dictionaryOf(data: ColumnData): DictionaryBatch | undefined {
  const batch = batchOf(data);
  return hasDictionary(batch) ? batch : undefined;
}

/** Whether the items of a batch are its values, where they are not missing. */
export function hasDirectValues({ type }: Batch<Value>): boolean {
  return type.typeId === Type.Float || type.typeId === Type.Int;
}

/** The text of a row, where it is not missing. */
export function readText(data: ColumnData, row: number): string {
  return String(batchOf(data).value(row));
}

function batchClass(type: ColumnType, parts: ColumnParts, arrow: DataType): BatchClass {
  const native: BatchClass = batchType(arrow, { useBigInt: true });
  switch (type) {
    case "string":
      return parts.dictionary ? CodedBatch : TextBatch;
    case "integer":
      return parts.values instanceof BigInt64Array ? WideIntegerBatch : native;
    case "date":
      return DateBatch;
    case "datetime":
      return parts.unit === "us" ? MicroDatetimeBatch : DatetimeBatch;
    case "instant":
      return parts.unit === "us" ? MicroInstantBatch : InstantBatch;
    case "number":
    case "bigint":
    case "boolean":
      return native;
  }
}

function arrowType(type: ColumnType, parts: ColumnParts): DataType {
  switch (type) {
    case "string":
      return parts.dictionary ? dictionary(parts.dictionary.type, int32()) : utf8();
    case "number":
      return float64();
    case "integer":
      return parts.values instanceof BigInt64Array ? int64() : int32();
    case "bigint":
      return int64();
    case "boolean":
      return bool();
    case "date":
      return dateDay();
    case "datetime":
      return timestamp(timeUnit(parts), null);
    case "instant":
      return timestamp(timeUnit(parts), "UTC");
  }
}

function timeUnit({ unit }: ColumnParts) {
  return unit === "us" ? TimeUnit.MICROSECOND : TimeUnit.MILLISECOND;
}

/** Marks which rows of a column are missing, in the bits that Arrow reads. */
export class Validity {
  readonly #bits: Uint8Array;
  nullCount = 0;

  constructor(length: number) {
    this.#bits = new Uint8Array((length + 7) >> 3).fill(255);
  }

  /** Marks a row as missing; call it once a row. */
  clear(row: number): void {
    const byte = row >> 3;
    this.#bits[byte] = (this.#bits[byte] ?? 0) & ~(1 << (row & 7));
    this.nullCount++;
  }

  /** The buffers' part that tells what is missing: empty when nothing is. */
  parts(): { nullCount: number; validity: Uint8Array } {
    const validity = this.nullCount === 0 ? new Uint8Array(0) : this.#bits;
    return { nullCount: this.nullCount, validity };
  }
}

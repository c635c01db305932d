/** Frames of our own Arrow files, of which each column is read when somebody first needs it. */
import { dictionaryLimit } from "../column/column-build.ts";
import { batchOf, type ColumnData, dictionaryOf, toColumnData } from "../column/column-data.ts";
import { type Reading, toUnreadData, type UnreadColumn } from "../column/unread-column.ts";
import { type Frame, toFrameOf } from "../frame.ts";
import type { ColumnType, Schema } from "../schema.ts";
import { type ArrowArray, isSet, itemsIn } from "./arrow-array.ts";
import { BATCH, BatchReader, DICTIONARY, isPacked } from "./arrow-batch.ts";
import { checkArray } from "./arrow-check.ts";
import { isPlainField, readPlainColumn } from "./arrow-column.ts";
import { type ArrowBytes, type ArrowMessage, check, readMessages } from "./arrow-message.ts";
import { codeTexts } from "./arrow-text-codes.ts";
import { type ArrowField, readFields } from "./arrow-type.ts";

/** Gives the same frame from elsewhere; told why its Arrow file cannot be read. */
type Rescue = (cause: unknown) => Frame;

/**
 * Opens a file by what it tells of its columns.
 * @param rescue asked, once, when a column cannot be read later
 * @returns undefined for a file that is not laid out as a frame of this schema is written
 */
export function openUnreadArrow(
  bytes: ArrowBytes,
  schema: Schema,
  rescue: Rescue,
): Frame | undefined {
  const { schema: told, batches } = readMessages(bytes);
  const fields = readFields(told);
  const [batch, ...others] = batches.filter(({ kind }) => kind === "rows");
  if (batch === undefined || others.length > 0 || isPacked(batches)) return undefined;
  if (fields.length !== schema.length) return undefined;
  if (!fields.every((field, index) => isWritten(field, schema[index]))) return undefined;
  let rescued: (() => Frame) | undefined;
  const other = (cause: unknown) => {
    rescued ??= settle(() => rescue(cause));
    return rescued();
  };
  const columns = fields.map((field, index) => {
    const { name, type } = schema[index] ?? { name: "", type: "string" };
    const dictionary = batches.find((each) => isDictionaryOf(each, field));
    const column = new FileColumn({ type, field, index, batch, dictionary });
    const read = () => (rescued === undefined ? column.read() : undefined);
    return { name, type, data: toUnreadData(orElse(column, read, other, index)) };
  });
  return toFrameOf(columns);
}

/** Does something once: what comes of it, also a failure, comes of it each time. */
function settle(make: () => Frame): () => Frame {
  try {
    const made = make();
    return () => made;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** A column that is read from elsewhere where its file is damaged. */
function orElse(
  column: FileColumn,
  read: () => ColumnData | undefined,
  rescue: Rescue,
  index: number,
): UnreadColumn {
  const { length, nullCount, reading } = column;
  const elsewhere = (cause: unknown) => {
    const data = rescue(cause).columns()[index]?.data;
    if (data === undefined) throw new Error("A frame from elsewhere has the same columns");
    return asRead(data, reading);
  };
  return {
    ...{ length, nullCount, reading },
    take: (rows) => column.take(rows),
    read() {
      try {
        return read() ?? elsewhere(undefined);
      } catch (error) {
        return elsewhere(error);
      }
    },
  };
}

/** Texts from elsewhere may lie there without a dictionary. */
function asRead(data: ColumnData, reading: Reading): ColumnData {
  if (reading !== "text" || dictionaryOf(data) !== undefined) return data;
  const { length, nullCount, validity } = batchOf(data);
  return toColumnData("string", { length, nullCount, validity, ...codeTexts(batchOf(data)) });
}

function isDictionaryOf({ kind, header }: ArrowMessage, { dictionary }: ArrowField): boolean {
  return kind === "dictionary" && header.long(DICTIONARY.id) === dictionary?.id;
}

/** Whether a field is what columns of a type are written as. */
function isWritten(field: ArrowField, column: Schema[number] | undefined): boolean {
  if (field.name !== column?.name || !isPlainField(field)) return false;
  const { type, dictionary } = field;
  switch (column.type) {
    case "string":
      return type.kind === "text" && type.layout === "small" && dictionary?.bits === 32;
    case "number":
      return type.kind === "float" && type.bits === 64;
    case "integer":
    case "bigint":
      return type.kind === "whole" && type.bits === 64;
    case "boolean":
      return type.kind === "boolean";
    case "date":
      return type.kind === "date";
    case "datetime":
    case "instant":
      return type.kind === "timestamp";
  }
}

interface ColumnPlaces {
  readonly type: ColumnType;
  readonly field: ArrowField;
  /** of the column in the batch */
  readonly index: number;
  readonly batch: ArrowMessage;
  readonly dictionary: ArrowMessage | undefined;
}

/** So few rows are read for themselves. */
const FEW_ROWS = 64;

/** One column of a file. */
class FileColumn {
  readonly length: number;
  readonly nullCount: number;
  readonly reading: Reading;
  readonly #places: ColumnPlaces;

  constructor(places: ColumnPlaces) {
    this.#places = places;
    const { type, index, batch, dictionary } = places;
    const node = batch.header.vector(BATCH.nodes, 16)[index];
    check(node !== undefined, "fewer columns than its schema");
    this.length = batch.header.longAt(node);
    this.nullCount = batch.header.longAt(node + 8);
    const texts = dictionary?.header.table(DICTIONARY.data)?.long(BATCH.length) ?? 0;
    this.reading = "any";
    if (this.nullCount > 0) return;
    if (type === "number") this.reading = "number";
    if (type === "string" && texts <= dictionaryLimit(this.length)) this.reading = "text";
  }

  read(): ColumnData {
    const { field, index, batch } = this.#places;
    const around = { dictionaries: new Map(this.#dictionaries()), unpack: notPacked };
    const array = new BatchReader(batch.header, batch.body, around, index).read(field);
    check(array.length === this.length, "columns of different rows");
    check(array.nullCount === this.nullCount, "another number of missing values than it tells");
    const data = this.#toData(array);
    const isText = dictionaryOf(data) !== undefined;
    check(isText || this.reading !== "text", "a dictionary that is not used");
    return data;
  }

  /** Some rows of the column, for which few blocks of the file are read; undefined where it takes many. */
  take(rows: Int32Array | Uint32Array): ColumnData | undefined {
    if (rows.length > FEW_ROWS || rows.some((row) => row < 0)) return undefined;
    try {
      const array = this.#arrayOf(rows);
      checkArray(array);
      return this.#toData(array);
    } catch {
      // Who then reads the whole column finds the same, and tells it.
      return undefined;
    }
  }

  #toData(array: ArrowArray): ColumnData {
    const { type, field } = this.#places;
    const silent = () => undefined;
    const at = { name: field.name, place: "the Arrow file", why: silent, note: silent };
    const own = { ...at, item: "row", isBigint: type === "bigint" } as const;
    const column = readPlainColumn(field, [array], own, {});
    check(column.type === type, `a column of type ${column.type} instead of ${type}`);
    return column.data;
  }

  #dictionaries(): [number, ArrowArray[]][] {
    const { field, dictionary } = this.#places;
    const data = dictionary?.header.table(DICTIONARY.data);
    if (dictionary === undefined || data === undefined) return [];
    const around = { dictionaries: new Map(), unpack: notPacked };
    const texts = { ...field, dictionary: undefined };
    const array = new BatchReader(data, dictionary.body, around).read(texts);
    return [[field.dictionary?.id ?? -1, [array]]];
  }

  #arrayOf(rows: Int32Array | Uint32Array): ArrowArray {
    const { field, index, batch } = this.#places;
    const buffers = toBuffers(batch).slice(2 * index);
    const [marks, values] = buffers;
    check(marks !== undefined && values !== undefined, "fewer buffers than its schema");
    const isPresent = Array.from(
      rows,
      (row) => this.nullCount === 0 || isSet(marks(row >> 3, 1), row & 7),
    );
    const taken = takeItems(rows, values, itemBits(field));
    const array = {
      ...{ field, length: rows.length, children: [], buffers: [taken] },
      nullCount: isPresent.filter((each) => !each).length,
      validity: toBits(isPresent),
      dictionary: undefined,
    };
    return field.dictionary === undefined ? array : this.#withTexts(array, isPresent);
  }

  /** Codes into a dictionary of only the texts that they stand for. */
  #withTexts(array: ArrowArray, isPresent: readonly boolean[]): ArrowArray {
    const { field, dictionary } = this.#places;
    const codes = itemsIn(array.buffers[0] ?? new Uint8Array(0), Int32Array);
    const [, offsets, values] = dictionary === undefined ? [] : toBuffers(dictionary);
    check(offsets !== undefined && values !== undefined, "codes of a dictionary that is not there");
    const used = [...new Set(codes.filter((_, row) => isPresent[row]))];
    const texts = used.map((code) => {
      check(code >= 0, "a code without a value");
      const [start = 0, end = 0] = itemsIn(offsets(4 * code, 8), Int32Array);
      check(start >= 0 && start <= end, "a value that ends before it begins");
      return values(start, end - start);
    });
    const placeOf = new Map(used.map((code, place) => [code, place]));
    const ends = new Int32Array(used.length + 1);
    for (const [at, { length }] of texts.entries()) ends[at + 1] = Number(ends[at]) + length;
    const named: ArrowArray = {
      ...{ field: { ...field, dictionary: undefined }, length: used.length, nullCount: 0 },
      ...{ validity: new Uint8Array(0), children: [], dictionary: undefined },
      buffers: [new Uint8Array(ends.buffer), new Uint8Array(Buffer.concat(texts))],
    };
    checkArray(named);
    const places = codes.map((code) => placeOf.get(code) ?? 0);
    return { ...array, buffers: [new Uint8Array(places.buffer)], dictionary: [named] };
  }
}

/** Reads so many bytes of a buffer from a place on, all of which have to be there. */
type ReadPart = (start: number, sizeBytes: number) => Uint8Array;

/** The buffers of a batch, or of a dictionary. */
function toBuffers({ kind, header, body }: ArrowMessage): ReadPart[] {
  const table = kind === "rows" ? header : header.table(DICTIONARY.data);
  return (table?.vector(BATCH.buffers, 16) ?? []).map((at) => {
    const [first, length] = [table?.longAt(at) ?? 0, table?.longAt(at + 8) ?? 0];
    return (start, sizeBytes) => {
      check(start + sizeBytes <= length && first + length <= body.length, "fewer values than rows");
      return body.subarray(first + start, first + start + sizeBytes);
    };
  });
}

function itemBits({ type, dictionary }: ArrowField): number {
  if (dictionary !== undefined) return dictionary.bits;
  if (type.kind === "boolean") return 1;
  return type.kind === "date" ? 32 : 64;
}

function takeItems(rows: Int32Array | Uint32Array, values: ReadPart, bits: number): Uint8Array {
  if (bits === 1) return toBits(Array.from(rows, (row) => isSet(values(row >> 3, 1), row & 7)));
  const itemBytes = bits / 8;
  const taken = new Uint8Array(rows.length * itemBytes);
  for (const [at, row] of rows.entries()) {
    taken.set(values(row * itemBytes, itemBytes), at * itemBytes);
  }
  return taken;
}

function toBits(flags: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array((flags.length + 7) >> 3);
  for (const [at, flag] of flags.entries())
    if (flag) bits[at >> 3] = Number(bits[at >> 3]) | (1 << (at & 7));
  return bits;
}

function notPacked(): never {
  throw new Error("Buffers that are not packed are not unpacked");
}

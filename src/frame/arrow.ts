import {
  type Batch,
  batchType,
  Column,
  type DataType,
  type Table,
  Type,
  tableFromColumns,
  tableFromIPC,
  tableToIPC,
} from "@uwdata/flechette";
import { expectation, HexError, toMessage } from "../errors.ts";
import { checkBatch } from "./arrow-check.ts";
import { streamOf } from "./arrow-framing.ts";
import { isTimestamp, toMoments } from "./arrow-moments.ts";
import { buildColumn, valuesOf } from "./column/column-build.ts";
import {
  type ColumnData,
  type ColumnParts,
  hasDictionary,
  toColumnData,
  toDictionary,
} from "./column/column-data.ts";
import { type AnyFrame, type Frame, toFrameOf } from "./frame.ts";
import { joinBytes } from "./join-bytes.ts";
import type { ColumnType, Schema, Value } from "./schema.ts";

/**
 * The frame as an Arrow IPC stream of one record batch.
 * @example
 * const bytes = frameToArrow(frame([{ city: "Ulm", total: 3 }]));
 * frameFromArrow(bytes).rows(); // → [{ city: "Ulm", total: 3 }]
 */
export function frameToArrow(frame: AnyFrame): Uint8Array {
  return joinBytes(arrowBlocks(frame));
}

/**
 * The bytes of `frameToArrow` in blocks: most of them are the frame's own memory, not copied.
 * @param format `file` has a table of its batches at its end, as tools want that open files
 */
export function arrowBlocks(
  frame: AnyFrame,
  format: "stream" | "file" = "stream",
): readonly Uint8Array[] {
  const columns = frame.columns().map(({ name, data }): [string, ColumnData] => {
    return [name, data.length > 0 ? data : emptyColumn(data)];
  });
  const blocks: Uint8Array[] = [];
  const write = (block: Uint8Array) => blocks.push(block);
  const pad = (sizeBytes: number) => blocks.push(new Uint8Array(sizeBytes));
  tableToIPC(tableFromColumns(columns), {
    format,
    sink: { write, pad, finish: () => null },
  });
  return blocks;
}

/**
 * Opens an Arrow IPC stream or file; the frame reads the bytes in place.
 * @param schema what the bytes have to hold; without it, what their own types say
 * @throws {HexError} HEX_DATA_INVALID when they are damaged or do not hold what the schema says
 * @example
 * const copy = frameFromArrow(frameToArrow(frame([{ total: 3 }])));
 * copy.schema; // → [{ name: "total", type: "integer" }]
 */
export function frameFromArrow(bytes: Uint8Array, schema?: Schema): Frame {
  const table = readTable(bytes);
  return openTable(table, schema ?? schemaOf(table));
}

/** Bigint comes before integer: a whole number of 64 bits may be too large for the latter. */
const STORED_TYPES: readonly ColumnType[] = [
  ...(["string", "number", "bigint", "integer"] as const),
  ...(["boolean", "date", "datetime", "instant"] as const),
];

function schemaOf(table: Table): Schema {
  return table.schema.fields.map(({ name, type: arrow }) => {
    const type = STORED_TYPES.find((each) => isStoredAs(each, arrow));
    if (type !== undefined) return { name, type };
    throw expectation("HEX_DATA_INVALID", {
      place: `column ${JSON.stringify(name)} of the Arrow file`,
      expected: "text, 64-bit floats, whole numbers of 32 or 64 bits, booleans, days, or times",
      got: `Arrow type ${arrow.typeId}`,
      hint: "cast it before writing the file",
    });
  });
}

function openTable(table: Table, schema: Schema): Frame {
  const names = table.names.join(", ");
  const expected = schema.map(({ name }) => name).join(", ");
  const isSame = schema.every(({ name }, index) => table.names[index] === name);
  if (!isSame || table.names.length !== schema.length) {
    throw expectation("HEX_DATA_INVALID", {
      place: "the Arrow file",
      expected: `of the columns ${expected}`,
      got: names,
    });
  }
  return toFrameOf(
    schema.map(({ name, type }, index) => {
      const column: Column<Value> = table.getChildAt(index);
      if (!isStoredAs(type, column.type)) throw typeError(name, type);
      for (const batch of column.data) checkBatch(name, type, batch);
      if (column.length !== table.numRows) throw lengthError(name, table.numRows, column.length);
      return { name, type, data: openColumn(name, type, column) };
    }),
  );
}

/** A batch of no rows: polars reads no file without a batch. */
function emptyColumn({ type: full }: ColumnData): ColumnData {
  const type = full.typeId === Type.Dictionary ? full.dictionary : full;
  const BatchOf: typeof Batch<Value> = batchType(type, { useBigInt: true });
  // Of some bytes: a batch without any cannot be read back.
  const validity = new Uint8Array(8);
  const values = new Uint8Array(0);
  const offsets = new Int32Array(1);
  return new Column(
    [new BatchOf({ length: 0, nullCount: 0, validity, values, offsets, type })],
    type,
  );
}

function readTable(bytes: Uint8Array): Table {
  // The buffers inside are read as 64-bit numbers, which have to lie on multiples of 8.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  try {
    return tableFromIPC(streamOf(aligned), { useBigInt: true });
  } catch (cause) {
    const message = `The Arrow file cannot be read: ${toMessage(cause)}`;
    throw new HexError("HEX_DATA_INVALID", message, { cause });
  }
}

function openColumn(name: string, type: ColumnType, column: Column<Value>): ColumnData {
  const [batch, ...others] = column.data;
  if (batch === undefined) return buildColumn(name, type, []);
  if (others.length === 0) return openBatch(type, batch, { name, firstRow: 0 });
  let firstRow = 0;
  const values = column.data.flatMap((part) => {
    const opened = openBatch(type, part, { name, firstRow });
    firstRow += part.length;
    return valuesOf(opened);
  });
  return buildColumn(name, type, values);
}

function openBatch(type: ColumnType, batch: Batch<Value>, place: Parameters<typeof toMoments>[1]) {
  const { length, nullCount, validity, offsets } = batch;
  const places = offsets instanceof Int32Array ? { offsets } : {};
  const parts: ColumnParts = { length, nullCount, validity, ...toMoments(batch, place), ...places };
  if (!hasDictionary(batch)) return toColumnData(type, parts);
  const [texts, ...others] = batch.dictionary.data;
  const dictionary = texts && others.length === 0 ? openDictionary(texts) : batch.dictionary;
  const coded = toColumnData(type, { ...parts, dictionary });
  const distinct = new Set(dictionary.cache());
  // Rows are compared by their codes, so a dictionary has to name each text once.
  if (distinct.size === dictionary.length) return coded;
  return buildColumn("", type, valuesOf(coded));
}

function openDictionary({ length, values, offsets }: Batch<string>): Column<string> {
  const places = offsets instanceof Int32Array ? { offsets } : {};
  return toDictionary({ length, nullCount: 0, validity: new Uint8Array(0), values, ...places });
}

/** True when an Arrow column is laid out as we keep columns of the type. */
function isStoredAs(type: ColumnType, arrow: DataType): boolean {
  switch (type) {
    case "string":
      if (arrow.typeId !== Type.Dictionary) return arrow.typeId === Type.Utf8;
      return arrow.dictionary.typeId === Type.Utf8 && arrow.indices.values === Int32Array;
    case "number":
      return arrow.typeId === Type.Float && arrow.values === Float64Array;
    case "integer":
      return isInteger(arrow, 32) || isInteger(arrow, 64);
    case "bigint":
      return isInteger(arrow, 64);
    case "boolean":
      return arrow.typeId === Type.Bool;
    case "date":
      return arrow.typeId === Type.Date && arrow.values === Int32Array;
    case "datetime":
      return isTimestamp(arrow) && !arrow.timezone;
    case "instant":
      return isTimestamp(arrow) && arrow.timezone === "UTC";
  }
}

function isInteger(arrow: DataType, bitWidth: 32 | 64): boolean {
  return arrow.typeId === Type.Int && arrow.signed && arrow.bitWidth === bitWidth;
}

function lengthError(name: string, expected: number, got: number): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)} of the Arrow file`,
    expected: `of ${expected} rows as the first`,
    got: String(got),
  });
}

function typeError(name: string, type: ColumnType): HexError {
  return expectation("HEX_DATA_INVALID", {
    place: `column ${JSON.stringify(name)} of the Arrow file`,
    expected: `of type ${type} as in the schema`,
    got: "another type",
  });
}

/** A column of some rows of a frame as Parquet has it: a page of its texts, and one of its values. */
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import type { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import {
  batchOf,
  type ColumnData,
  dictionaryOf,
  type FrameColumn,
  halvesOf,
  readText,
  unitOf,
} from "../column/column-data.ts";
import { missingTest } from "../column/column-value.ts";
import { putMicroseconds } from "../column/moment.ts";
import type { ColumnType } from "../schema.ts";

type RowGroup = Parameters<typeof writeMetadata>[1]["row_groups"][number];
type ColumnMetaData = NonNullable<RowGroup["columns"][number]["meta_data"]>;

/** Rows of a frame. */
interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A column of a group of rows as it is written, and what the footer says of it. */
export interface WrittenChunk {
  readonly blocks: readonly Uint8Array[];
  readonly metadata: ColumnMetaData;
}

/** Numbers of Parquet's encodings and kinds of pages. */
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

/** Packs a column of some rows, for a place in the file. */
export function writeChunk(column: FrameColumn, range: RowRange, offset: number): WrittenChunk {
  const { name, type, data } = column;
  const coded = type === "string" ? codesOf(data, range) : undefined;
  const count = range.to - range.from;
  const levels = levelsOf(data, range);
  const values = coded ? packCodes(coded.codes, coded.texts.length) : plainValues(column, range);
  const dictionary = coded && toPage(DICTIONARY_PAGE, packTexts(coded.texts), coded.texts.length);
  const encoding = coded ? RLE_DICTIONARY : PLAIN;
  const page = toPage(DATA_PAGE, Buffer.concat([levels, values]), count, encoding);
  const pages = dictionary ? [dictionary, page] : [page];
  const encodings: ColumnMetaData["encodings"] = coded
    ? ["PLAIN", "RLE", "RLE_DICTIONARY"]
    : ["PLAIN", "RLE"];
  const sum = (sizes: readonly number[]) => BigInt(sizes.reduce((all, size) => all + size, 0));
  return {
    blocks: pages.flatMap(({ header, body }) => [header, body]),
    metadata: {
      type: PHYSICAL[type],
      encodings,
      path_in_schema: [name],
      codec: "SNAPPY",
      num_values: BigInt(count),
      total_uncompressed_size: sum(pages.map(({ header, sizeBytes }) => header.length + sizeBytes)),
      total_compressed_size: sum(pages.map(({ header, body }) => header.length + body.length)),
      data_page_offset: BigInt(
        offset + (dictionary ? dictionary.header.length + dictionary.body.length : 0),
      ),
      ...(dictionary && { dictionary_page_offset: BigInt(offset) }),
    },
  };
}

const PHYSICAL: Readonly<Record<ColumnType, ColumnMetaData["type"]>> = {
  string: "BYTE_ARRAY",
  number: "DOUBLE",
  integer: "INT64",
  bigint: "INT64",
  boolean: "BOOLEAN",
  date: "INT32",
  datetime: "INT64",
  instant: "INT64",
};

interface Page {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  /** before it was packed */
  readonly sizeBytes: number;
}

function toPage(kind: number, bytes: Uint8Array, count: number, encoding = PLAIN): Page {
  const body = snappyCompress(bytes);
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, {
    field_1: kind,
    field_2: bytes.length,
    field_3: body.length,
    ...(kind === DATA_PAGE
      ? { field_5: { field_1: count, field_2: encoding, field_3: RLE, field_4: RLE } }
      : { field_7: { field_1: count, field_2: PLAIN } }),
  });
  return { header: writer.getBytes(), body, sizeBytes: bytes.length };
}

/** Which rows have a value: one run where all have, else the bits as they lie in memory. */
function levelsOf(data: ColumnData, { from, to }: RowRange): Uint8Array {
  const count = to - from;
  const runs = new ByteWriter();
  if (data.nullCount === 0) {
    runs.appendVarInt(count * 2);
    runs.appendUint8(1);
  } else {
    const bytes = (count + 7) >> 3;
    runs.appendVarInt(bytes * 2 + 1);
    runs.appendBytes(batchOf(data).validity.slice(from >> 3, (from >> 3) + bytes));
  }
  const levels = runs.getBytes();
  const sized = new Uint8Array(4 + levels.length);
  new DataView(sized.buffer).setUint32(0, levels.length, true);
  sized.set(levels, 4);
  return sized;
}

/** The rows that have a value. */
function presentRows(data: ColumnData, { from, to }: RowRange): readonly number[] | undefined {
  if (data.nullCount === 0) return undefined;
  const isMissing = missingTest(data);
  const rows: number[] = [];
  for (let row = from; row < to; row++) if (!isMissing(row)) rows.push(row);
  return rows;
}

interface CodedTexts {
  readonly codes: Int32Array;
  readonly texts: readonly string[];
}

/** The texts of rows by codes of their own; undefined for a column that has no dictionary. */
function codesOf(data: ColumnData, range: RowRange): CodedTexts | undefined {
  const coded = dictionaryOf(data);
  if (coded === undefined) return undefined;
  const { values, cache } = coded;
  const rows = presentRows(data, range);
  const own = new Int32Array(cache.length).fill(-1);
  const texts: string[] = [];
  const codes = new Int32Array(rows?.length ?? range.to - range.from);
  for (let at = 0; at < codes.length; at++) {
    const code = Number(values[rows?.[at] ?? range.from + at]);
    if (own[code] === -1) own[code] = texts.push(cache[code] ?? "") - 1;
    codes[at] = own[code] as number;
  }
  return { codes, texts };
}

/** Codes in as few bits as the greatest needs, in one run of packed bits. */
function packCodes(codes: Int32Array, texts: number): Uint8Array {
  const bitWidth = Math.max(1, 32 - Math.clz32(Math.max(0, texts - 1)));
  const groups = (codes.length + 7) >> 3;
  const runs = new ByteWriter();
  runs.appendUint8(bitWidth);
  runs.appendVarInt(groups * 2 + 1);
  const packed = new Uint8Array(groups * bitWidth);
  let held = 0;
  let bits = 0;
  let end = 0;
  for (let at = 0; at < codes.length; at++) {
    held |= (codes[at] as number) << bits;
    bits += bitWidth;
    for (; bits >= 8; bits -= 8, held >>>= 8) packed[end++] = held & 255;
  }
  if (bits > 0) packed[end] = held & 255;
  runs.appendBytes(packed);
  return runs.getBytes();
}

/** Texts one after the other, each after its length. */
function packTexts(texts: readonly string[]): Uint8Array {
  const pieces = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat(pieces);
}

function plainValues({ type, data }: FrameColumn, range: RowRange): Uint8Array {
  const rows = presentRows(data, range);
  const count = rows?.length ?? range.to - range.from;
  const rowAt = (at: number) => rows?.[at] ?? range.from + at;
  switch (type) {
    case "string":
      return packTexts(Array.from({ length: count }, (_, at) => readText(data, rowAt(at))));
    case "boolean":
      return packFlags(data, count, rowAt);
    case "datetime":
    case "instant":
      return bytesOf(microsecondsOf(data, count, rowAt));
    case "integer":
    case "bigint":
      return bytesOf(widen(data, count, rowAt));
    case "number":
    case "date":
      return bytesOf(itemsOf(data, count, rowAt));
  }
}

type RowAt = (at: number) => number;

function packFlags(data: ColumnData, count: number, rowAt: RowAt): Uint8Array {
  const { values } = batchOf(data);
  const bits = new Uint8Array((count + 7) >> 3);
  for (let at = 0; at < count; at++) {
    const row = rowAt(at);
    const flag = (Number(values[row >> 3]) >> (row & 7)) & 1;
    bits[at >> 3] = (bits[at >> 3] as number) | (flag << (at & 7));
  }
  return bits;
}

function itemsOf(data: ColumnData, count: number, rowAt: RowAt): Float64Array | Int32Array {
  const { values } = batchOf(data);
  const items = values instanceof Float64Array ? new Float64Array(count) : new Int32Array(count);
  for (let at = 0; at < count; at++) items[at] = Number(values[rowAt(at)]);
  return items;
}

/** Whole numbers in 64 bits, whatever their column needs. */
function widen(data: ColumnData, count: number, rowAt: RowAt): Int32Array {
  const { values } = batchOf(data);
  const isNarrow = values instanceof Int32Array;
  const halves = isNarrow ? values : halvesOf(values);
  const wide = new Int32Array(2 * count);
  for (let at = 0; at < count; at++) {
    const row = rowAt(at);
    const low = (isNarrow ? halves[row] : halves[2 * row]) as number;
    wide[2 * at] = low;
    wide[2 * at + 1] = isNarrow ? low >> 31 : (halves[2 * row + 1] as number);
  }
  return wide;
}

function microsecondsOf(data: ColumnData, count: number, rowAt: RowAt): Int32Array {
  const wide = widen(data, count, rowAt);
  if (unitOf(data) === "us") return wide;
  for (let at = 0; at < count; at++) {
    const ms = (wide[2 * at + 1] as number) * 2 ** 32 + ((wide[2 * at] as number) >>> 0);
    putMicroseconds(wide, at, ms, 0);
  }
  return wide;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

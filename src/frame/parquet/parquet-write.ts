/** A frame as a Parquet file, in groups of rows: texts by dictionaries, all else as it lies in memory. */
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { FrameColumn } from "../column/column-data.ts";
import type { AnyFrame } from "../frame.ts";
import type { ColumnType } from "../schema.ts";
import { type WrittenChunk, writeChunk } from "./parquet-chunk.ts";
import { SCHEMA_KEY } from "./parquet-file.ts";

/** Rows of a group: a multiple of 8, so that the bits of missing values are copied as they are. */
const GROUP_ROWS = 131_072;
const MAGIC = new Uint8Array([0x50, 0x41, 0x52, 0x31]);

type FileMetaData = Parameters<typeof writeMetadata>[1];
type SchemaElement = FileMetaData["schema"][number];
type RowGroup = FileMetaData["row_groups"][number];

/** The bytes of the file, block after block. */
export function* parquetBlocks(frame: AnyFrame): Generator<Uint8Array, void, undefined> {
  const columns = frame.columns();
  yield MAGIC;
  let offset = MAGIC.length;
  const groups: RowGroup[] = [];
  for (let from = 0; from < frame.numRows; from += GROUP_ROWS) {
    const to = Math.min(frame.numRows, from + GROUP_ROWS);
    const chunks: WrittenChunk[] = [];
    for (const column of columns) {
      const chunk = writeChunk(column, { from, to }, offset);
      yield* chunk.blocks;
      offset += Number(chunk.metadata.total_compressed_size);
      chunks.push(chunk);
    }
    groups.push(toGroup(chunks, to - from));
  }
  yield footerOf(frame, columns, groups);
}

function toGroup(chunks: readonly WrittenChunk[], rows: number): RowGroup {
  return {
    columns: chunks.map(({ metadata }) => ({ file_offset: 0n, meta_data: metadata })),
    total_byte_size: chunks.reduce(
      (sum, { metadata }) => sum + metadata.total_uncompressed_size,
      0n,
    ),
    num_rows: BigInt(rows),
  };
}

function footerOf(
  frame: AnyFrame,
  columns: readonly FrameColumn[],
  row_groups: RowGroup[],
): Uint8Array {
  const writer = new ByteWriter();
  writeMetadata(writer, {
    version: 2,
    created_by: "hex-runtime",
    schema: [
      { name: "schema", num_children: columns.length },
      ...columns.map(({ name, type }) => ({
        name,
        repetition_type: "OPTIONAL" as const,
        ...ELEMENTS[type],
      })),
    ],
    num_rows: BigInt(frame.numRows),
    row_groups,
    key_value_metadata: [{ key: SCHEMA_KEY, value: JSON.stringify(frame.schema) }],
    metadata_length: 0,
  });
  writer.appendBytes(MAGIC);
  return writer.getBytes();
}

/** How columns are written, so that every tool reads them as what they are. */
const ELEMENTS: Readonly<Record<ColumnType, Omit<SchemaElement, "name">>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  number: { type: "DOUBLE" },
  integer: { type: "INT64" },
  bigint: { type: "INT64" },
  boolean: { type: "BOOLEAN" },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  datetime: {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
  },
  instant: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
};

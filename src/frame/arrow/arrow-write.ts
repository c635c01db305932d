import {
  type Batch,
  batchType,
  Column,
  Table,
  Type,
  tableFromColumns,
  tableToIPC,
} from "@uwdata/flechette";
import type { ColumnData } from "../column/column-data.ts";
import type { AnyFrame } from "../frame.ts";
import { joinBytes } from "../join-bytes.ts";
import type { Value } from "../schema.ts";
import { TYPE_KEY } from "./arrow-type.ts";

/**
 * The frame as an Arrow IPC stream of one record batch.
 * @example
 * const bytes = frameToArrow(frame([{ city: "Ulm", total: 3 }]));
 * (await frameFromArrow(bytes)).rows(); // → [{ city: "Ulm", total: 3 }]
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
  const columns = frame.columns();
  const table = tableFromColumns(
    columns.map(({ name, data }) => [name, data.length > 0 ? data : emptyColumn(data)]),
  );
  const fields = table.schema.fields.map((field, index) => {
    const isBigint = columns[index]?.type === "bigint";
    return isBigint ? { ...field, metadata: new Map([[TYPE_KEY, "bigint"]]) } : field;
  });
  const blocks: Uint8Array[] = [];
  const write = (block: Uint8Array) => blocks.push(block);
  const pad = (sizeBytes: number) => blocks.push(new Uint8Array(sizeBytes));
  tableToIPC(new Table({ ...table.schema, fields }, table.children), {
    format,
    sink: { write, pad, finish: () => null },
  });
  return blocks;
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

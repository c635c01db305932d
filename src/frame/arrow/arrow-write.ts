import { Table, tableFromColumns, tableToIPC } from "@uwdata/flechette";
import type { AnyFrame } from "../frame.ts";
import { joinBytes } from "../join-bytes.ts";
import { TYPE_KEY } from "./arrow-type.ts";
import { toWritten } from "./arrow-written.ts";

/**
 * The frame as an Arrow IPC stream of one record batch. The Arrow type of a column hangs on its own
 * type alone, not on the values that it has; docs/formats.md has the table.
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
 * @param texts as codes into a dictionary always, or as the frame keeps them: for a reader that takes both
 */
export function arrowBlocks(
  frame: AnyFrame,
  format: "stream" | "file" = "stream",
  texts: "coded" | "kept" = "coded",
): readonly Uint8Array[] {
  const columns = frame.columns();
  const table = tableFromColumns(columns.map((column) => [column.name, toWritten(column, texts)]));
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

import type { ColumnData, FrameColumn } from "./column-data.ts";

/** One row object that stands on one row after another; it cannot be written to. */
export interface RowCursor<Row> {
  readonly row: Row;
  moveTo(index: number): void;
}

/** Makes a cursor over columns. Its row object is reused, so a copy is what to keep (`{...row}`). */
export function openCursor<Row>(
  names: readonly string[],
  columns: readonly Pick<ColumnData, "at">[],
): RowCursor<Row> {
  let current = 0;
  const row: object = {};
  for (const [index, name] of names.entries()) {
    const column = columns[index];
    Object.defineProperty(row, name, { enumerable: true, get: () => column?.at(current) ?? null });
  }
  Object.preventExtensions(row);
  return {
    // The columns carry the names and types of Row: frames are only built that way.
    row: row as Row,
    moveTo(index) {
      current = index;
    },
  };
}

/** A row of columns as an object of its own. */
export function copyRow<Row>(columns: readonly FrameColumn[], index: number): Row {
  const row: Record<string, unknown> = {};
  for (const { name, data } of columns) {
    const value = data.at(index);
    if (name === "__proto__") Object.defineProperty(row, name, { ...OWN, value });
    else row[name] = value;
  }
  // The columns carry the names and types of Row: frames are only built that way.
  return row as Row;
}

/** How a property is that an object literal would have. */
const OWN = { enumerable: true, writable: true, configurable: true };

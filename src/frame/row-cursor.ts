import type { ColumnData } from "./column-data.ts";

/** One row object that stands on one row after another; it cannot be written to. */
export interface RowCursor<Row> {
  readonly row: Row;
  moveTo(index: number): void;
}

/** Makes a cursor over columns. Its row object is reused, so a copy is what to keep (`{...row}`). */
export function openCursor<Row>(
  names: readonly string[],
  columns: readonly ColumnData[],
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

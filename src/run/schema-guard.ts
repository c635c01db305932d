import { HexError } from "../errors.ts";
import type { Schema } from "../frame/schema.ts";
import type { Readers } from "./column-reads.ts";

/** A published frame as the guard sees it: its columns, and who read them when it was published. */
export interface GuardedFrame {
  readonly name: string;
  readonly columns: Schema;
  readonly readers: Readers;
}

/**
 * Refuses a frame that lost or retyped a column which a cell below reads, so that the last good
 * version stays. Cells that are no longer there, or whose code has changed since, are not asked.
 * @param isUnchanged whether the cell of that name still is what it was when it read the column
 * @throws {HexError} HEX_SCHEMA_CHANGED naming each column and cell
 */
export function refuseLostColumns(
  published: GuardedFrame,
  columns: Schema,
  isUnchanged: (cell: string) => boolean,
): void {
  const faults = published.columns.flatMap(({ name, type }) => {
    const cells = (published.readers[name] ?? []).filter(isUnchanged);
    const now = columns.find((column) => column.name === name)?.type;
    if (cells.length === 0 || now === type) return [];
    const readers = `${cells.join(", ")} ${cells.length === 1 ? "reads" : "read"}`;
    return `column ${name}, which ${readers}, to stay ${type}, got ${now ?? "no such column"}`;
  });
  if (faults.length === 0) return;
  throw new HexError(
    "HEX_SCHEMA_CHANGED",
    `Expected frame ${published.name} to keep what cells below it read: ${faults.join("; ")} (mend the cell, or publish all the same with --accept-schema)`,
  );
}

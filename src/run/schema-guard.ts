import { HexError } from "../errors.ts";
import type { Schema } from "../frame/schema.ts";

/** A cell that read columns of a frame when that was published. */
export interface ColumnReader {
  /** of the cell's own file, as it was then */
  readonly code: string;
  readonly columns: string[];
}

/** A published frame as the guard sees it: its columns, and who read them when it was published. */
export interface GuardedFrame {
  readonly name: string;
  readonly columns: Schema;
  /** by name of the cell */
  readonly readers: Readonly<Record<string, ColumnReader>>;
}

/**
 * Refuses a frame that lost or retyped a column which a cell below reads, so that the last good
 * version stays. Cells that are no longer there, or whose code has changed since, are not asked.
 * @param codeOf the code of a cell's own file as it is now; undefined when it is gone
 * @throws {HexError} HEX_SCHEMA_CHANGED naming each column and cell
 */
export function refuseLostColumns(
  published: GuardedFrame,
  columns: Schema,
  codeOf: (cell: string) => string | undefined,
): void {
  const readers = Object.entries(published.readers).filter(
    ([cell, { code }]) => code === codeOf(cell),
  );
  const faults = published.columns.flatMap(({ name, type }) => {
    const cells = readers.flatMap(([cell, read]) => (read.columns.includes(name) ? cell : []));
    const now = columns.find((column) => column.name === name)?.type;
    if (cells.length === 0 || now === type) return [];
    const who = `${cells.join(", ")} ${cells.length === 1 ? "reads" : "read"}`;
    return `column ${name}, which ${who}, to stay ${type}, got ${now ?? "no such column"}`;
  });
  if (faults.length === 0) return;
  throw new HexError(
    "HEX_SCHEMA_CHANGED",
    `Expected frame ${published.name} to keep what cells below it read: ${faults.join("; ")} (mend the cell, or publish all the same with --accept-schema)`,
  );
}

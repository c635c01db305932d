import { HexError } from "../errors.ts";
import { Frame } from "../frame/frame.ts";
import type { Schema } from "../frame/schema.ts";

type Watch = Parameters<Frame["watched"]>[0];

/** Which columns of a published frame cells read: name of the cell -> names of columns. */
export type Readers = Readonly<Record<string, readonly string[]>>;

/**
 * Notes what the cells of a run read of the cached frames above them. A later run that loses such a
 * column, or changes its type, would break these cells.
 */
export class ColumnReads {
  readonly #cells = new Map<string, Map<string, Set<string>>>();
  /** of the frames that are watched: the published frame whose columns they have */
  readonly #origins = new WeakMap<Watch, string>();

  /** The published frame whose columns a value has, when it is a frame that verbs made of it. */
  sourceOf(value: unknown): string | undefined {
    return value instanceof Frame && value.watch ? this.#origins.get(value.watch) : undefined;
  }

  /** Columns that a cell has read: name of the frame -> names of columns. */
  readBy(cell: string): Readers {
    const frames = [...this.#cells].map(([frame, cells]): [string, readonly string[]] => [
      frame,
      [...(cells.get(cell) ?? [])],
    ]);
    return Object.fromEntries(frames.filter(([, columns]) => columns.length > 0));
  }

  /** Notes again what a cell read when it came to what is now remembered of it. */
  restore(cell: string, reads: Readers): void {
    for (const [frame, columns] of Object.entries(reads)) {
      for (const column of columns) this.#note(frame, column, cell);
    }
  }

  /** A cell's value as the cell `reader` gets it; `origin` names the frame when it is a cached cell's. */
  handOver(value: unknown, reader: string, origin: string | undefined): unknown {
    if (!(value instanceof Frame)) return value;
    const source = origin ?? this.sourceOf(value);
    if (source === undefined) return value;
    const watch: Watch = (column) => this.#note(source, column, reader);
    this.#origins.set(watch, source);
    return value.watched(watch);
  }

  /** The cells that read a frame and the columns they read, each in the order of first reading. */
  readersOf(frame: string): Readers {
    const cells = this.#cells.get(frame) ?? new Map<string, Set<string>>();
    return Object.fromEntries([...cells].map(([cell, columns]) => [cell, [...columns]]));
  }

  #note(frame: string, column: string, cell: string): void {
    const cells = this.#cells.get(frame) ?? new Map<string, Set<string>>();
    this.#cells.set(frame, cells);
    cells.set(cell, (cells.get(cell) ?? new Set()).add(column));
  }
}

/** A cell that read columns of a frame when that was published. */
export interface ColumnReader {
  /** of the cell's own file, as it was then */
  readonly code: string;
  readonly columns: string[];
}

/** A published frame as the guard sees it: its columns, and who read them when it was published. */
interface GuardedFrame {
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

import { Frame } from "../frame/frame.ts";

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

  /** A cell's value as the cell `reader` gets it; `origin` names the frame when it is a cached cell's. */
  handOver(value: unknown, reader: string, origin: string | undefined): unknown {
    if (!(value instanceof Frame)) return value;
    const source = origin ?? (value.watch && this.#origins.get(value.watch));
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

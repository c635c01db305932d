import { Frame } from "../frame/frame.ts";

type Watch = Parameters<Frame["watched"]>[0];

/** Which cells read which columns of which published frames: column -> names of cells. */
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

  /** The readers of a frame's columns, in the order of their first reading. */
  readersOf(frame: string): Readers {
    const columns = this.#cells.get(frame) ?? new Map<string, Set<string>>();
    return Object.fromEntries([...columns].map(([column, cells]) => [column, [...cells]]));
  }

  #note(frame: string, column: string, cell: string): void {
    const columns = this.#cells.get(frame) ?? new Map<string, Set<string>>();
    this.#cells.set(frame, columns);
    columns.set(column, (columns.get(column) ?? new Set()).add(cell));
  }
}

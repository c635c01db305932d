import type { JsonRow } from "../../../../frame/json.ts";
import type { RowsOrder, RowsSource } from "../rows-source.ts";

/** The rows of a table as it opens: how many there are, and the first of them. */
export interface TableStart {
  readonly rows: number;
  readonly head: readonly JsonRow[];
}

/** Calls as rows come. */
export interface RowBlocksEvents {
  /** rows came, or how many there are has changed */
  onChange(): void;
  /** one sentence; null when rows come again */
  onFailure(message: string | null): void;
}

const BLOCK_ROWS = 200;
const KEPT_BLOCKS = 120;
/** rows that are read before they are reached */
const AHEAD_ROWS = 60;
/** how often rows are asked for while they pass by */
const PACE_MS = 30;
/** a leap is a dragged scrollbar: only where it rests is read */
const LEAP_ROWS = 600;
const REST_MS = 70;

/**
 * The rows of one table, read in blocks when they are to be seen. Rows of an older order or older
 * data stay until their place is filled anew, so that nothing flashes empty. A request for rows
 * that are no longer visible is aborted.
 */
export class RowBlocks {
  readonly #events: RowBlocksEvents;
  readonly #blocks = new Map<number, readonly JsonRow[]>();
  readonly #loading = new Map<number, AbortController>();
  /** blocks whose rows have to be computed anew first */
  readonly #renewing = new Set<number>();
  #source: RowsSource;
  #order: RowsOrder = {};
  #head: readonly JsonRow[];
  #old: ReadonlyMap<number, readonly JsonRow[]> = new Map();
  #oldHead: readonly JsonRow[] = [];
  #rows: number;
  /** whether it is known how many rows there are in this order */
  #isCounted = true;
  #wanted = { start: 0, end: 0 };
  #requestedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: RowsSource, { rows, head }: TableStart, events: RowBlocksEvents) {
    this.#source = source;
    this.#rows = rows;
    this.#head = head;
    this.#events = events;
  }

  /** how many pass the filters, as far as is known */
  get rows(): number {
    return this.#rows;
  }

  /** whether visible rows are still to come */
  get isReading(): boolean {
    const { start, end } = this.#wanted;
    const last = Math.min(end, this.#rows) - 1;
    if (!this.#isCounted) return true;
    return last >= start && (this.#fresh(start) === undefined || this.#fresh(last) === undefined);
  }

  /** whether rows that come have to be computed anew first */
  get isRenewing(): boolean {
    return this.#renewing.size > 0;
  }

  /** A row, or the one that stood there before; undefined where none was read yet. */
  at(row: number): JsonRow | undefined {
    return (
      this.#fresh(row) ?? this.#old.get(blockOf(row))?.[row % BLOCK_ROWS] ?? this.#oldHead[row]
    );
  }

  #fresh(row: number): JsonRow | undefined {
    return this.#blocks.get(blockOf(row))?.[row % BLOCK_ROWS] ?? this.#head[row];
  }

  /** Shows other data. Visible rows are read again where `head` lacks them. */
  show(source: RowsSource, start: TableStart): void {
    this.#source = source;
    this.#begin(start);
  }

  /** Shows the rows in another order, or others of them. `start` has those of no order at all. */
  arrange(order: RowsOrder, start: TableStart): void {
    this.#order = order;
    this.#begin(start);
  }

  #begin({ rows, head }: TableStart): void {
    this.close();
    const { start, end } = this.#wanted;
    const visible = [...this.#blocks].filter(([block]) => {
      return block >= blockOf(start) && block <= blockOf(end);
    });
    if (visible.length > 0) this.#old = new Map(visible);
    if (this.#head.length > 0) this.#oldHead = this.#head;
    this.#blocks.clear();
    this.#isCounted = this.#order.sort === undefined && !this.#order.filters?.length;
    this.#head = this.#isCounted ? head : [];
    if (this.#isCounted) this.#rows = rows;
    this.#events.onFailure(null);
    this.#events.onChange();
    this.#requestedAt = Number.NEGATIVE_INFINITY;
    this.#request();
  }

  /** Sets which rows are visible. */
  want(start: number, end: number): void {
    const isLeap = Math.abs(start - this.#wanted.start) > LEAP_ROWS;
    this.#wanted = { start, end };
    this.#request(isLeap ? REST_MS : 0);
  }

  /** Reads rows again that could not be had. */
  retry(): void {
    this.#events.onFailure(null);
    this.#request();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const controller of this.#loading.values()) controller.abort();
    this.#loading.clear();
    this.#renewing.clear();
  }

  #request(restMs = 0): void {
    clearTimeout(this.#timer);
    const wait = Math.max(restMs, this.#requestedAt + PACE_MS - performance.now());
    if (wait <= 0) {
      this.#requestNow();
      return;
    }
    this.#timer = setTimeout(() => this.#requestNow(), wait);
  }

  #requestNow(): void {
    this.#requestedAt = performance.now();
    const missing = this.#missingBlocks();
    for (const [block, controller] of this.#loading) {
      if (missing.includes(block)) continue;
      controller.abort();
      this.#loading.delete(block);
      this.#renewing.delete(block);
    }
    for (const block of missing) if (!this.#loading.has(block)) void this.#read(block);
  }

  /** The blocks that the visible rows need; as long as the first rows suffice, none. */
  #missingBlocks(): number[] {
    const { start, end } = this.#wanted;
    if (!this.#isCounted) return [blockOf(start)];
    const shown = Math.min(end, this.#rows);
    if (shown <= this.#head.length) return [];
    const first = blockOf(Math.max(0, start - AHEAD_ROWS));
    const last = blockOf(Math.min(this.#rows - 1, shown + AHEAD_ROWS));
    const count = Math.max(0, last - first + 1);
    return Array.from({ length: count }, (_, index) => first + index).filter(
      (block) => !this.#blocks.has(block),
    );
  }

  async #read(block: number): Promise<void> {
    const controller = new AbortController();
    this.#loading.set(block, controller);
    try {
      const offset = block * BLOCK_ROWS;
      const span = { ...this.#order, offset, limit: BLOCK_ROWS };
      const answer = await this.#source.read(span, controller.signal, (isRenewing) => {
        if (this.#loading.get(block) === controller) this.#noteRenewal(block, isRenewing);
      });
      if (this.#loading.get(block) !== controller) return;
      this.#loading.delete(block);
      // Those that are shown now are about to be read.
      if (answer === undefined) return;
      this.#keep(block, answer.head);
      this.#rows = answer.rows;
      this.#isCounted = true;
      this.#events.onFailure(null);
      this.#events.onChange();
    } catch (error) {
      if (this.#loading.get(block) !== controller) return;
      this.#loading.delete(block);
      this.#events.onFailure(error instanceof Error ? error.message : String(error));
      this.#events.onChange();
    }
  }

  #noteRenewal(block: number, isRenewing: boolean): void {
    if (isRenewing) this.#renewing.add(block);
    else this.#renewing.delete(block);
    this.#events.onChange();
  }

  #keep(block: number, rows: readonly JsonRow[]): void {
    this.#blocks.set(block, rows);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) return;
      this.#blocks.delete(oldest);
    }
  }
}

function blockOf(row: number): number {
  return Math.floor(row / BLOCK_ROWS);
}

import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { CellProgress } from "../work/run-progress.ts";
import type { ServerEvent } from "./event-stream.ts";
import { findUnknown, type LogCursor, passLine, toEventId } from "./log-cursor.ts";
import type { RunSight } from "./run-feed.ts";

/** How a run is told where it stands. */
export type ToRun = (record: RunRecord) => object;

/**
 * What one listener has to hear of a run: where it stands, where its cells stand, its log from a
 * cursor on, and its end. A listener that is slow misses what has changed again meanwhile, and no
 * line of the log.
 */
export class RunEvents {
  readonly #toRun: ToRun;
  readonly #cells = new Map<string, CellProgress>();
  #cursor: LogCursor;
  #lines: RunSight["lines"] = [];
  /** of the first line that is not told yet */
  #place = 0;
  #run = "";
  #isOver = false;

  /** @param cursor up to where the listener knows the log */
  constructor(cursor: LogCursor, toRun: ToRun) {
    this.#cursor = cursor;
    this.#toRun = toRun;
  }

  /** Whether the end was told. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next thing to tell, or undefined as long as nothing is new. */
  next({ record, cells, lines }: RunSight): ServerEvent | undefined {
    if (this.#isOver) return undefined;
    const run = `${record.state} ${record.attempts.length}`;
    if (run !== this.#run) {
      this.#run = run;
      return this.#toEvent("run-changed", this.#toRun(record));
    }
    for (const cell of cells.values()) {
      if (this.#cells.get(cell.name) === cell) continue;
      this.#cells.set(cell.name, cell);
      return this.#toEvent("cell-changed", cell);
    }
    if (lines !== this.#lines) this.#place = findUnknown(lines, this.#cursor);
    this.#lines = lines;
    const line = lines[this.#place];
    if (line !== undefined) {
      this.#place += 1;
      this.#cursor = passLine(this.#cursor, line);
      return this.#toEvent("line-logged", line);
    }
    if (!isFinal(record.state)) return undefined;
    this.#isOver = true;
    return this.#toEvent("run-ended", this.#toRun(record));
  }

  #toEvent(name: string, data: object): ServerEvent {
    return { name, data, id: toEventId(this.#cursor) };
  }
}

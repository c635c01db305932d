import { toMessage } from "../../errors.ts";
import type { RunEvent } from "../run-event.ts";
import { cutLine, LOG_LIMIT_BYTES, type LogLine, toLineBytes } from "./log-lines.ts";

/** How often a log that grows is written: a reader is so far behind at most. */
const FLUSH_MS = 2_000;
/** What is held in memory, about; far more than a log has room for. */
const HELD_BYTES = 2 * LOG_LIMIT_BYTES;

export interface RunLogOptions {
  /** replaces the log that is kept; `left` lines came before these */
  readonly write: (lines: readonly LogLine[], left: number) => Promise<void>;
  /** told once, when the log cannot be written; the run goes on */
  readonly onWarning: (line: string) => void;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** calls back after some milliseconds, unless the function that it gives is called before */
  readonly startTimer?: ((callback: () => void, ms: number) => () => void) | undefined;
}

/** The log of a run that goes on: takes lines at once, and writes them every 2 s and at the end. */
export class RunLog {
  readonly #options: RunLogOptions;
  #lines: LogLine[] = [];
  #left = 0;
  #heldBytes = 0;
  #stopTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasWarned = false;

  constructor(options: RunLogOptions) {
    this.#options = options;
  }

  /** Takes what an event has for the log: lines that were logged. */
  readonly take = (event: RunEvent): void => {
    if (event.type !== "line-logged") return;
    const cell = event.name === undefined ? {} : { cell: event.name };
    this.add({ ...cell, text: event.line });
  };

  /** Takes a line. */
  add(line: Omit<LogLine, "at">): void {
    const { now = Date.now, startTimer = startRealTimer } = this.#options;
    const at = new Date(now()).toISOString();
    const added = cutLine({ at, ...line, text: line.text.trimEnd() });
    this.#lines.push(added);
    this.#heldBytes += toLineBytes(added).length;
    if (this.#heldBytes > HELD_BYTES) this.#dropOldest();
    this.#stopTimer ??= startTimer(() => this.#flush(), FLUSH_MS);
  }

  /** Writes what was not written yet, and waits for it. Does nothing when no line came. */
  async close(): Promise<void> {
    if (this.#stopTimer !== undefined) {
      this.#stopTimer();
      this.#flush();
    }
    await this.#writing;
  }

  /** Makes room, for many lines at once. */
  #dropOldest(): void {
    let dropped = 0;
    for (; this.#heldBytes > LOG_LIMIT_BYTES; dropped++) {
      const line = this.#lines[dropped];
      if (line !== undefined) this.#heldBytes -= toLineBytes(line).length;
    }
    this.#lines = this.#lines.slice(dropped);
    this.#left += dropped;
  }

  #flush(): void {
    this.#stopTimer = undefined;
    // One after the other: an older log must not replace a newer one.
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      await this.#options.write([...this.#lines], this.#left);
    } catch (error) {
      if (!this.#hasWarned) this.#options.onWarning(`the log is not kept: ${toMessage(error)}`);
      this.#hasWarned = true;
    }
  }
}

function startRealTimer(callback: () => void, ms: number): () => void {
  // A log alone keeps no process alive: its end is written by `close`.
  const timer = setTimeout(callback, ms).unref();
  return () => clearTimeout(timer);
}

import * as v from "valibot";
import { expectation, type HexError, toMessage } from "../../errors.ts";
import {
  type DocumentPlace,
  documentName,
  textSchema,
  time,
  wordSchema,
} from "../../store/document.ts";
import type { RunEvent } from "../run-event.ts";

/** Limit of a log's object. */
const LOG_LIMIT_BYTES = 2 ** 20;
const LONGEST_TEXT = 16_000;
/** for the line that says what was left out */
const NOTE_BYTES = 200;

const LogLine = v.object({
  /** ISO 8601, UTC */
  at: time,
  /** the cell that it comes from; absent when it comes from the run itself */
  cell: v.exactOptional(wordSchema),
  /** where a process wrote it; absent for a logged line */
  stream: v.exactOptional(v.picklist(["stdout", "stderr"], "one of stdout, stderr")),
  text: textSchema,
});

/** A line of a run's log. */
export type LogLine = Readonly<v.InferOutput<typeof LogLine>>;

/** How often a growing log is written: the most that a reader is behind. */
const FLUSH_MS = 2_000;
/** Limit in memory; far more than a log has room for. */
const HELD_BYTES = 2 * LOG_LIMIT_BYTES;

interface RunLogOptions {
  /** replaces the log that is kept; `left` lines came before these */
  readonly write: (lines: readonly LogLine[], left: number) => Promise<void>;
  /** called once, when the log cannot be written; the run continues */
  readonly onWarning: (line: string) => void;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** calls back after some milliseconds, unless the returned function is called before */
  readonly startTimer?: ((callback: () => void, ms: number) => () => void) | undefined;
}

/** The log of a run that goes on: takes lines at once, and writes them every 2 s and at the end. */
export class RunLogWriter {
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

  /** Takes the logged line of an event, if it has one. */
  readonly take = (event: RunEvent): void => {
    if (event.type !== "line-logged") return;
    const cell = event.name === undefined ? {} : { cell: event.name };
    this.add({ ...cell, text: event.line });
  };

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

/**
 * The bytes of a log; the oldest lines that have no room are left out, and the first line says so.
 *
 * @param left how many lines were left out before these
 */
export function toLogBytes(lines: readonly LogLine[], left = 0): Uint8Array {
  const kept: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const line of lines.toReversed()) {
    const bytes = toLineBytes(cutLine(line));
    if (sizeBytes + bytes.length > LOG_LIMIT_BYTES - NOTE_BYTES) break;
    sizeBytes += bytes.length;
    kept.push(bytes);
  }
  const [oldest] = lines;
  const missing = left + lines.length - kept.length;
  if (missing > 0 && oldest !== undefined) kept.push(toLineBytes(toNote(oldest, missing)));
  return Buffer.concat(kept.reverse());
}

/** A line as it is kept. */
function toLineBytes(line: LogLine): Uint8Array {
  return Buffer.from(`${JSON.stringify(line)}\n`);
}

/** A line that is not so long that a few of them push out all others. */
function cutLine(line: LogLine): LogLine {
  if (line.text.length <= LONGEST_TEXT) return line;
  return { ...line, text: `${line.text.slice(0, LONGEST_TEXT)}…` };
}

/**
 * Reads the lines of a log.
 *
 * @throws {HexError} HEX_STORE_DAMAGED
 */
export function parseLog(bytes: Uint8Array, place: DocumentPlace): readonly LogLine[] {
  const lines = new TextDecoder().decode(bytes).split("\n");
  // What follows the last line break is nothing, or a line that broke off.
  const broken = lines.pop();
  if (broken !== "") throw damage(documentName(place), "whole lines", "half a line");
  return lines.map((line, index) => {
    const parsed = v.safeParse(LogLine, toJson(line));
    if (parsed.success) return parsed.output;
    throw damage(
      `line ${index + 1} of ${documentName(place)}`,
      "a line of a log",
      line.slice(0, 80),
    );
  });
}

function damage(place: string, expected: string, got: string): HexError {
  const hint = "it was changed by something else: put an older copy of it back, or remove it";
  return expectation("HEX_STORE_DAMAGED", { place, expected, got, hint });
}

function toNote({ at }: LogLine, left: number): LogLine {
  const lines =
    left === 1 ? "The first line has" : `The first ${left.toLocaleString("en")} lines have`;
  return { at, text: `${lines} been left out: a log holds up to 1 MiB.` };
}

function toJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // No JSON: the caller reports it.
    return undefined;
  }
}

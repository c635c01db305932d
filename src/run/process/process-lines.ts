import type { Readable } from "node:stream";
import { setTimeout as wait, setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { RedactLine } from "../redact/redactor.ts";
import { LineRateLimit, LONGEST_LINE, toPlainLine } from "./rate-limits.ts";

type LogStream = "stdout" | "stderr";

export type OnLine = (stream: LogStream, line: string) => void;

/** what is kept of lines that come before anybody asks for them */
const MOST_HELD = 200;
const OUT_OF_MEMORY = /^(FATAL ERROR|#).*out of memory/i;
const ERROR_LINE = /^(Uncaught )?\w*(Error|Exception)\b.*: \S/;

/** Output of a process as plain lines; however much it writes, little of it is held. */
export class ProcessLines {
  readonly #readers: readonly LineReader[];
  readonly #held: [LogStream, string][] = [];
  /** told the lines as they are plain and redacted */
  #onLine: OnLine | undefined;
  #isOutOfMemory = false;
  #firstError: string | undefined;

  constructor(streams: Readonly<Record<LogStream, Readable>>) {
    this.#readers = [
      new LineReader(streams.stdout, (line) => this.#take("stdout", line)),
      new LineReader(streams.stderr, (line) => this.#take("stderr", line)),
    ];
  }

  /** Whether V8 said that its heap is full. */
  get isOutOfMemory(): boolean {
    return this.#isOutOfMemory;
  }

  /** The first line that tells of an error. */
  get firstError(): string | undefined {
    return this.#firstError;
  }

  /** Hands over all lines from now on, and those that came before. */
  deliverTo(onLine: OnLine, redact: RedactLine): void {
    const emit: OnLine = (stream, line) => onLine(stream, toPlainLine(redact(stream, line)));
    for (const [stream, line] of this.#held.splice(0)) emit(stream, line);
    this.#onLine = emit;
  }

  /** Waits, once the processes are dead, until all they wrote has been read. */
  async close(): Promise<void> {
    // A stranger may hold their pipes open.
    await settlesWithin(Promise.all(this.#readers.map((reader) => reader.readToEnd())));
    for (const reader of this.#readers) reader.close();
  }

  #take(stream: LogStream, line: string): void {
    if (stream === "stderr") {
      this.#isOutOfMemory ||= OUT_OF_MEMORY.test(line);
      if (ERROR_LINE.test(line)) this.#firstError ??= toPlainLine(line);
    }
    if (this.#onLine !== undefined) this.#onLine(stream, line);
    else if (this.#held.length < MOST_HELD) this.#held.push([stream, line]);
  }
}

const NEWLINE = 0x0a;
/** Reading stops for the rest of a second after so many bytes: a flood must not keep us busy. */
const MOST_BYTES = 16 * 2 ** 20;
const WINDOW_MS = 1_000;

/** Cuts a stream into lines; of a line that does not end only the beginning is held. */
export class LineReader {
  readonly #stream: Readable;
  readonly #onLine: (line: string) => void;
  readonly #rate: LineRateLimit;
  readonly #ended: Promise<void>;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #windowStartMs = performance.now();
  #windowBytes = 0;
  #isLast = false;

  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#onLine = onLine;
    this.#rate = new LineRateLimit(onLine);
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    // A broken pipe is the end of it.
    stream.on("error", () => undefined);
    this.#ended = new Promise((resolve) => stream.once("close", resolve));
  }

  /** Reads on, without pauses, until nobody can write any more. */
  readToEnd(): Promise<void> {
    this.#isLast = true;
    this.#stream.resume();
    return this.#ended;
  }

  /** Gives the last line, ended or not, and reads no more. */
  close(): void {
    this.#stream.removeAllListeners("data");
    this.#stream.destroy();
    if (this.#partBytes > 0) this.#endLine();
    this.#rate.close();
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    this.#rest(chunk.length);
  }

  #hold(part: Buffer): void {
    // One byte more than a line may have, so that it is seen to be too long.
    const kept = part.subarray(0, Math.max(0, 4 * LONGEST_LINE + 1 - this.#partBytes));
    if (kept.length === 0) return;
    // A copy, as a few bytes would else keep a whole chunk in memory.
    this.#parts.push(Buffer.from(kept));
    this.#partBytes += kept.length;
  }

  #endLine(): void {
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#partBytes = 0;
    if (!this.#rate.admits()) return;
    this.#onLine(text.endsWith("\r") ? text.slice(0, -1) : text);
  }

  #rest(bytes: number): void {
    const nowMs = performance.now();
    const restMs = this.#windowStartMs + WINDOW_MS - nowMs;
    this.#windowBytes += bytes;
    if (restMs <= 0) {
      this.#windowStartMs = nowMs;
      this.#windowBytes = 0;
    } else if (this.#windowBytes > MOST_BYTES && !this.#isLast && !this.#stream.isPaused()) {
      this.#stream.pause();
      setTimeout(() => this.#stream.resume(), restMs).unref();
    }
  }
}

/** How long we wait for what the system owes us about a dead process, should a stranger keep it back. */
const LIMIT_MS = 500;

/**
 * Whether a promise about a dead process settles in time. When this process itself stood
 * still for so long, all that has come meanwhile is read first.
 */
export async function settlesWithin(owed: Promise<unknown>): Promise<boolean> {
  const isOver = new AbortController();
  try {
    return await Promise.race([owed.then(() => true), waitInVain(isOver.signal)]);
  } finally {
    isOver.abort();
  }
}

async function waitInVain(signal: AbortSignal): Promise<boolean> {
  await wait(LIMIT_MS, undefined, { signal }).catch(() => undefined);
  // Timers come before what was read; each turn reads what is there.
  await yieldToEventLoop();
  await yieldToEventLoop();
  return false;
}

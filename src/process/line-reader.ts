import type { Readable } from "node:stream";
import { setTimeout as wait, setImmediate as yieldToEventLoop } from "node:timers/promises";

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

/** Maximum number of lines a second; the others are counted and left out. */
const MOST_LINES = 2_000;

/** Lets the lines of a log pass up to a rate. */
export class LineRateLimit {
  readonly #onOmitted: (sentence: string) => void;
  readonly #now: () => number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #omitted = 0;

  /**
   * @param onOmitted gets a sentence with the number of missing lines, in their place
   * @param now milliseconds; only the distance between two calls counts
   */
  constructor(onOmitted: (sentence: string) => void, now = () => performance.now()) {
    this.#onOmitted = onOmitted;
    this.#now = now;
  }

  /** Whether one more line may pass. */
  admits(): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.close();
      this.#windowStartMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > MOST_LINES) this.#omitted += 1;
    return this.#lines <= MOST_LINES;
  }

  /** Reports the lines that are missing at the end. */
  close(): void {
    if (this.#omitted === 0) return;
    this.#onOmitted(`(${this.#omitted} lines left out: more than ${MOST_LINES} in a second)`);
    this.#omitted = 0;
  }
}

/** Characters that a terminal or a log reader takes for a command, a new line or another order. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The longest line a log keeps, in UTF-16 units. @internal */
export const LONGEST_LINE = 8 * 1024;

const CUT = " … (cut)";

/** A text as one line of a log: control characters are made visible, what is too long is cut. */
export function toPlainLine(text: string): string {
  // What is escaped grows; the rest of a text that is far too long is not even looked at.
  const plain = text.slice(0, LONGEST_LINE + 1).replace(UNSEEN, toVisible);
  return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE - CUT.length)}${CUT}` : plain;
}

function toVisible(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  const code = character.charCodeAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
}

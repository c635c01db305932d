import type { Readable } from "node:stream";
import { LineFlood } from "./line-flood.ts";
import { LONGEST_LINE } from "./plain-line.ts";

const NEWLINE = 0x0a;
/** Reading stops for the rest of a second after so many bytes: a flood must not keep us busy. */
const MOST_BYTES = 16 * 2 ** 20;
const WINDOW_MS = 1_000;

/** Cuts a stream into lines; of a line that does not end only the beginning is held. */
export class LineReader {
  readonly #stream: Readable;
  readonly #onLine: (line: string) => void;
  readonly #flood: LineFlood;
  readonly #ended: Promise<void>;
  #parts: Buffer[] = [];
  #partBytes = 0;
  #windowStartMs = performance.now();
  #windowBytes = 0;
  #isLast = false;

  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#onLine = onLine;
    this.#flood = new LineFlood(onLine);
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
    this.#flood.close();
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
    if (!this.#flood.admits()) return;
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

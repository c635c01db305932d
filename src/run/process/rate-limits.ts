import type { RunEvent } from "../run-event.ts";

type Progressed = Extract<RunEvent, { type: "cell-progressed" }>;

/** An eye does not follow more than ten changes a second. */
const STEP_MS = 100;

/** Lets events through in order, but of each cell's progress only the latest, now and then. */
export class EventThrottle {
  readonly #emit: (event: RunEvent) => void;
  readonly #now: () => number;
  /** when a cell's progress was last told */
  readonly #toldMs = new Map<string, number>();
  /** the progress of a cell that has yet to be told */
  readonly #waiting = new Map<string, Progressed>();
  readonly #rate: LineRateLimit;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds; only the distance between two calls counts */
  constructor(emit: (event: RunEvent) => void, now = performance.now.bind(performance)) {
    this.#emit = emit;
    this.#now = now;
    this.#rate = new LineRateLimit((line) => emit({ type: "line-logged", line }), now);
  }

  take(event: RunEvent): void {
    switch (event.type) {
      case "cell-progressed":
        this.#progress({ ...event, message: toPlainLine(event.message) });
        break;
      case "line-logged":
        if (this.#rate.admits()) this.#emit({ ...event, line: toPlainLine(event.line) });
        break;
      case "cell-ended":
        this.#report(event.cell.name);
        this.#emit(event);
        break;
      case "run-ended":
        this.close();
        this.#emit(event);
        break;
      case "run-started":
      case "cell-started":
        this.#emit(event);
        break;
    }
  }

  /** Emits all that still waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const name of this.#waiting.keys()) this.#report(name);
    this.#rate.close();
  }

  #progress(event: Progressed): void {
    const sinceMs = this.#now() - (this.#toldMs.get(event.name) ?? Number.NEGATIVE_INFINITY);
    this.#waiting.set(event.name, event);
    if (sinceMs >= STEP_MS) this.#report(event.name);
    else this.#timer ??= setTimeout(() => this.#reportAll(), STEP_MS);
  }

  #reportAll(): void {
    this.#timer = undefined;
    for (const name of this.#waiting.keys()) this.#report(name);
  }

  #report(name: string): void {
    const event = this.#waiting.get(name);
    if (event === undefined) return;
    this.#waiting.delete(name);
    this.#toldMs.set(name, this.#now());
    this.#emit(event);
  }
}

/** Maximum number of lines a second; the others are counted and left out. */
const MOST_LINES = 2_000;
const WINDOW_MS = 1_000;

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
  constructor(onOmitted: (sentence: string) => void, now = performance.now.bind(performance)) {
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

/** The longest line a log keeps, in UTF-16 units. */
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

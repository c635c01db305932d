/** So many lines a second are a log; what comes beyond is counted and left out. */
const MOST_LINES = 2_000;
const WINDOW_MS = 1_000;

/** Lets a log's lines pass, but not a flood of them. */
export class LineFlood {
  readonly #onOmitted: (sentence: string) => void;
  readonly #now: () => number;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #omitted = 0;

  /**
   * @param onOmitted is told how many lines are missing, in their place
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

  /** Tells how many lines are missing at the end. */
  close(): void {
    if (this.#omitted === 0) return;
    this.#onOmitted(`(${this.#omitted} lines left out: more than ${MOST_LINES} in a second)`);
    this.#omitted = 0;
  }
}

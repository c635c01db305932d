import { expectation, type HexError } from "../errors.ts";

/**
 * Where claims wait for jobs: they look at each wake-up, and every `pollMs` in between, for a
 * wake-up may get lost and a pause may end without one.
 */
export class ClaimWait {
  readonly #location: string;
  readonly #pollMs: number;
  readonly #closing = new AbortController();
  readonly #sleepers = new Set<() => void>();
  #wakes = 0;

  constructor(location: string, pollMs: number) {
    this.#location = location;
    this.#pollMs = pollMs;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborts when the queue is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Something may have changed: whoever waits looks again. */
  wake(): void {
    this.#wakes += 1;
    for (const sleeper of [...this.#sleepers]) sleeper();
  }

  /** Ends all waits; from now on they throw. */
  close(): void {
    this.#closing.abort(closedError(this.#location));
  }

  /** @throws {HexError} HEX_QUEUE_UNAVAILABLE once it is closed */
  throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }

  /**
   * Gives what a look finds, once it finds something. When the wait ends first, its last look may
   * still be under way: it must then keep nothing.
   */
  async untilFound<T>(
    look: () => T | undefined | Promise<T | undefined>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const over = AbortSignal.any(signal ? [signal, this.closing] : [this.closing]);
    for (;;) {
      over.throwIfAborted();
      const wakes = this.#wakes;
      const found = await unlessAborted(Promise.resolve(look()), over);
      if (found !== undefined) return found;
      // Who was woken while it looked, may have looked too early.
      if (wakes === this.#wakes) await this.#sleep(over);
    }
  }

  #sleep(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#sleepers.delete(end);
        over.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, this.#pollMs);
      this.#sleepers.add(end);
      over.addEventListener("abort", end);
    });
  }
}

/** Waits for a promise, but no longer than until the signal, whose reason it throws then. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function closedError(location: string): HexError {
  return expectation("HEX_QUEUE_UNAVAILABLE", {
    place: `the queue ${location}`,
    expected: "open",
    got: "one that this process has closed",
  });
}

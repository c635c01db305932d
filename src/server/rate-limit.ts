import { refuseForNow } from "./http-failure.ts";

/** So many in each window, which begins with the first. */
export interface RateWindow {
  readonly most: number;
  readonly windowMs: number;
}

/** What is left to a caller, of the window that ends it soonest. */
export interface RateLeft {
  readonly most: number;
  readonly left: number;
  /** whole seconds until the window is over */
  readonly resetSeconds: number;
}

interface Counted {
  readonly startedMs: number;
  readonly count: number;
}

/** Of more callers than these, those who asked least lately are forgotten: each is one address or token. */
const MOST_CALLERS = 10_000;

/** Counts what each caller asks for. */
export class RateLimit {
  readonly #what: string;
  readonly #windows: readonly RateWindow[];
  readonly #now: () => number;
  readonly #counts = new Map<string, readonly Counted[]>();

  /** @param what is counted, for messages: "requests" */
  constructor(what: string, windows: readonly RateWindow[], now: () => number) {
    this.#what = what;
    this.#windows = windows;
    this.#now = now;
  }

  /**
   * Counts one more.
   * @throws {HttpFailure} 429 when it would be one too many; it is then not counted
   */
  take(caller: string): RateLeft {
    const nowMs = this.#now();
    const counts = this.#windows.map((window, index): Counted => {
      const known = this.#counts.get(caller)?.[index];
      const ageMs = known === undefined ? Number.NaN : nowMs - known.startedMs;
      // A clock that was put back by an hour would keep a caller out for an hour.
      const isOpen = known !== undefined && ageMs >= 0 && ageMs < window.windowMs;
      return isOpen ? known : { startedMs: nowMs, count: 0 };
    });
    for (const [index, counted] of counts.entries()) this.#refuse(counted, index, nowMs);
    const taken = counts.map((each) => ({ ...each, count: each.count + 1 }));
    this.#counts.delete(caller);
    this.#counts.set(caller, taken);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_CALLERS && oldest !== undefined) this.#counts.delete(oldest);
    return this.#toLeft(taken, nowMs);
  }

  #refuse({ startedMs, count }: Counted, index: number, nowMs: number): void {
    const window = this.#windows[index];
    if (window === undefined || count < window.most) return;
    throw refuseForNow(
      429,
      `Expected at most ${window.most} ${this.#what} in ${window.windowMs / 1_000} s, got more`,
      Math.max(1, (startedMs + window.windowMs - nowMs) / 1_000),
    );
  }

  #toLeft(counts: readonly Counted[], nowMs: number): RateLeft {
    const lefts = this.#windows.map(({ most, windowMs }, index): RateLeft => {
      const { startedMs, count } = counts[index] ?? { startedMs: nowMs, count: 0 };
      const resetSeconds = Math.ceil((startedMs + windowMs - nowMs) / 1_000);
      return { most, left: most - count, resetSeconds };
    });
    return lefts.reduce((fewest, each) => (each.left < fewest.left ? each : fewest));
  }
}

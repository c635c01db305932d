/** So many processes may die in a minute before the next one has to wait. */
const FREE_DEATHS = 2;
const WINDOW_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** How long to wait before a process is started in the place of those that died. */
export class RestartPause {
  readonly #now: () => number;
  #deathsMs: readonly number[] = [];

  /** @param now milliseconds; only the distance between two calls counts */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** One has died that nobody meant to end. */
  note(): void {
    this.#deathsMs = [...this.#recent(), this.#now()];
  }

  forget(): void {
    this.#deathsMs = [];
  }

  /** Milliseconds from now on; 0 when one may be started at once. */
  get leftMs(): number {
    const deaths = this.#recent();
    const last = deaths.at(-1);
    if (last === undefined || deaths.length <= FREE_DEATHS) return 0;
    const pauseMs = FIRST_PAUSE_MS * 2 ** (deaths.length - FREE_DEATHS - 1);
    return Math.max(0, last + Math.min(pauseMs, LONGEST_PAUSE_MS) - this.#now());
  }

  #recent(): readonly number[] {
    const sinceMs = this.#now() - WINDOW_MS;
    return this.#deathsMs.filter((atMs) => atMs > sinceMs);
  }
}

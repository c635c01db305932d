/** Who tells the time by a fake clock: a process with so many loops that sleep now and then. */
export interface ClockUser {
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Forgets the user and its sleepers, as when a process dies. */
  readonly leave: () => void;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly user: { loops: number };
  readonly wake: () => void;
}

/**
 * A clock that goes on only when all who use it sleep, and then at once to when the first of them
 * wakes. Sleeps last as long as they should, however often the time of day is changed.
 */
export class FakeClock {
  #elapsedMs = 0;
  #offsetMs: number;
  #sleepers: readonly Sleeper[] = [];
  readonly #users = new Set<{ loops: number }>();

  /** @param startMs the time of day, milliseconds since 1970 */
  constructor(startMs: number) {
    this.#offsetMs = startMs;
  }

  readonly now = (): number => this.#offsetMs + this.#elapsedMs;

  /** Puts the time of day forward, or back. */
  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  join(loops: number): ClockUser {
    const user = { loops };
    this.#users.add(user);
    return {
      now: this.now,
      sleep: (ms, signal) => this.#sleep(ms, user, signal),
      leave: () => {
        this.#users.delete(user);
        this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.user !== user);
      },
    };
  }

  /** Lets so much time go by, and returns when all who woke meanwhile sleep again. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await this.#allAsleep();
    for (;;) {
      const wakeAt = Math.min(...this.#sleepers.map((sleeper) => sleeper.wakeAt));
      if (wakeAt > untilMs) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, wakeAt);
      const woken = this.#sleepers.filter((sleeper) => sleeper.wakeAt <= this.#elapsedMs);
      this.#sleepers = this.#sleepers.filter((sleeper) => !woken.includes(sleeper));
      for (const { wake } of woken) wake();
      await this.#allAsleep();
    }
    this.#elapsedMs = untilMs;
  }

  async #allAsleep(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const loops = [...this.#users].reduce((sum, user) => sum + user.loops, 0);
      if (this.#sleepers.length >= loops) return;
    }
  }

  #sleep(ms: number, user: Sleeper["user"], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const end = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        signal.removeEventListener("abort", end);
        resolve();
      };
      const sleeper = { wakeAt: this.#elapsedMs + ms, user, wake };
      this.#sleepers = [...this.#sleepers, sleeper];
      signal.addEventListener("abort", end);
    });
  }
}

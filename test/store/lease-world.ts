import type { LeaseStore, Sleep } from "../../src/store/lease/lease-terms.ts";
import type { FakeTime } from "./lease-fake-time.ts";
import type { MemoryStore } from "./lease-memory-store.ts";
import { unavailable } from "./lease-scripted-store.ts";

/** How hostile the world is, each as a probability from 0 to 1. */
export interface Odds {
  /** that a process is stopped while it waits for something */
  readonly stop: number;
  /** that a request never arrives, or its reply */
  readonly loss: number;
  /** that a request whose caller has given up arrives long after */
  readonly delay: number;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One process of a simulated machine: it may stop anywhere that it waits, and lose its replies. */
export class SimulatedProcess {
  readonly store: LeaseStore;
  readonly #time: FakeTime;
  readonly #random: () => number;
  readonly #odds: Odds;
  #stoppedUntil = 0;

  constructor(store: MemoryStore, time: FakeTime, random: () => number, odds: Odds) {
    this.#time = time;
    this.#random = random;
    this.#odds = odds;
    this.store = {
      location: store.location,
      read: (key) => this.#send(() => store.read(key)),
      write: (key, body, { condition } = {}) =>
        this.#send(() => store.write(key, body, { condition })),
    };
  }

  readonly sleep: Sleep = async (ms, options) => {
    await this.#time.sleep(ms, options);
    await this.#run();
  };

  /** Ends the process where it is. */
  kill(): void {
    this.#stoppedUntil = Number.POSITIVE_INFINITY;
  }

  /** Comes back once the process is not stopped, which it may become at any time. */
  async #run(): Promise<void> {
    const { now } = this.#time;
    if (this.#stoppedUntil <= now && this.#random() < this.#odds.stop) {
      this.#stoppedUntil = now + this.#random() * 3_000;
    }
    while (this.#stoppedUntil > this.#time.now) {
      if (this.#stoppedUntil === Number.POSITIVE_INFINITY) await new Promise(() => {});
      await this.#time.sleep(this.#stoppedUntil - this.#time.now, {});
    }
  }

  async #send<T>(request: () => Promise<T>): Promise<T> {
    await this.#time.sleep(this.#random() * 20, {});
    if (this.#random() < this.#odds.loss) {
      if (this.#random() < this.#odds.delay) void this.#sendLate(request);
      await this.#run();
      throw unavailable();
    }
    const reply = await request();
    await this.#time.sleep(this.#random() * 20, {});
    await this.#run();
    if (this.#random() < this.#odds.loss) throw unavailable();
    return reply;
  }

  async #sendLate<T>(request: () => Promise<T>): Promise<void> {
    await this.#time.sleep(this.#random() * 2_500, {});
    await request();
  }
}

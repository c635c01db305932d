import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { Sleep } from "../../src/store/lease/lease-terms.ts";

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** Time that stands still until it is told to go on. */
export class FakeTime {
  now = 0;
  readonly #alarms = new Set<Alarm>();

  readonly clock = (): number => this.now;

  readonly sleep: Sleep = (ms, { signal }) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#alarms.delete(alarm);
        reject(signal?.reason);
      };
      const ring = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const alarm = { at: this.now + ms, ring };
      this.#alarms.add(alarm);
      signal?.addEventListener("abort", abort);
    });

  /** Lets everything happen that happens within some time, one alarm after the other. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await turnOfTheLoop();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#alarms.delete(next);
      this.now = next.at;
      next.ring();
      await turnOfTheLoop();
    }
    this.now = end;
  }

  /** Goes on until a promise has settled. */
  async until<T>(promise: Promise<T>, limitMs = 1e7): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await turnOfTheLoop();
    for (let next = this.#next(); !isSettled; next = this.#next()) {
      if (next === undefined || next.at > limitMs) throw new Error("nothing happens any more");
      await this.advance(next.at - this.now);
    }
    return promise;
  }

  #next(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) if (next === undefined || alarm.at < next.at) next = alarm;
    return next;
  }
}

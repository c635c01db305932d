import type { RunHistory } from "../../run/history/run-history.ts";
import { refuseForNow } from "../http-failure.ts";

const RETRY_SECONDS = 10;

/** Lets a run be submitted as long as not too many wait or go. */
export class RunAdmission {
  readonly #history: RunHistory;
  readonly #most: number;
  #submitting = 0;

  constructor(history: RunHistory, most: number) {
    this.#history = history;
    this.#most = most;
  }

  /** @throws {HttpFailure} 503, and no run is submitted */
  async admit<Result>(submit: () => Promise<Result>): Promise<Result> {
    // Those on their way may be counted twice for a moment, never not at all.
    const onTheirWay = this.#submitting;
    this.#submitting += 1;
    try {
      if ((await this.#countUnfinished()) + onTheirWay >= this.#most) {
        throw refuseForNow(
          503,
          `Expected at most ${this.#most} runs to wait or go at once, got more (no run was created)`,
          RETRY_SECONDS,
        );
      }
      return await submit();
    } finally {
      this.#submitting -= 1;
    }
  }

  async #countUnfinished(): Promise<number> {
    let count = 0;
    for await (const _ of this.#history.unfinished()) {
      if (++count >= this.#most) break;
    }
    return count;
  }
}

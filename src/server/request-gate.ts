import { refuseForNow } from "./http-failure.ts";

const RETRY_SECONDS = 1;

/** Counts the requests that are being answered, and refuses at once what would be one too many. */
export class RequestGate {
  readonly #most: number;
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** how many are being answered */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Lets a request in, and gives what to call once when its answer has left or its client is gone.
   * @throws {HttpFailure} 503
   */
  enter(): () => void {
    if (this.#inside >= this.#most) {
      throw refuseForNow(
        503,
        `Expected at most ${this.#most} requests at once, got more`,
        RETRY_SECONDS,
      );
    }
    this.#inside += 1;
    let isOut = false;
    return () => {
      if (!isOut) this.#inside -= 1;
      isOut = true;
    };
  }
}

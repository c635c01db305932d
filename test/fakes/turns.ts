/** Lets the callers that wait go on one at a time, in an order that only the random numbers decide. */
export class Turns {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => this.#next());
    });
  }

  #next(): void {
    const index = Math.floor(this.#random() * this.#waiting.length);
    const [resolve] = this.#waiting.splice(index, 1);
    resolve?.();
    // Everything that this one does at once is done before the next one goes on.
    this.#isRunning = this.#waiting.length > 0;
    if (this.#isRunning) setImmediate(() => this.#next());
  }
}

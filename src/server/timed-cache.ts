/** A value that is looked up at most once in a while, by one look-up at a time, for all who ask. */
export class TimedCache<Value> {
  readonly #forMs: number;
  readonly #now: () => number;
  #known: { readonly value: Value; readonly readAtMs: number } | undefined;
  #reading: Promise<Value> | undefined;
  /** rises with what is forgotten: what was read before is not known afterwards */
  #forgotten = 0;

  /** @param now milliseconds since 1970 */
  constructor(forMs: number, now: () => number) {
    this.#forMs = forMs;
    this.#now = now;
  }

  /** The held value, or the result of `read`. Failures are not held. */
  async get(read: () => Promise<Value>): Promise<Value> {
    const known = this.#known;
    if (known !== undefined && this.#now() - known.readAtMs < this.#forMs) return known.value;
    if (this.#reading !== undefined) return this.#reading;
    const reading = this.#read(read);
    this.#reading = reading;
    try {
      return await reading;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  /** The next call looks anew; a look-up that is on its way is not waited for by it. */
  forget(): void {
    this.#forgotten += 1;
    this.#known = undefined;
    this.#reading = undefined;
  }

  async #read(read: () => Promise<Value>): Promise<Value> {
    const readAtMs = this.#now();
    const forgotten = this.#forgotten;
    const value = await read();
    if (forgotten === this.#forgotten) this.#known = { value, readAtMs };
    return value;
  }
}

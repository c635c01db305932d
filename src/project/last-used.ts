import { LRUCache } from "lru-cache";

/** Keeps the values that were used last, as long as their sizes together have room. */
export class LastUsed<Value> {
  readonly #held: LRUCache<string, Promise<Value>>;

  /** @param room in the unit in which sizes are given */
  constructor(room: number) {
    this.#held = new LRUCache({ maxSize: room });
  }

  /** The value of a key: the one that is held, or else what `read` gives. Failures are not held. */
  async get(key: string, size: number, read: () => Promise<Value>): Promise<Value> {
    const known = this.#held.get(key);
    if (known !== undefined) return known;
    const value = read();
    this.#held.set(key, value, { size: Math.max(1, size) });
    value.catch(() => {
      if (this.#held.peek(key) === value) this.#held.delete(key);
    });
    return value;
  }
}

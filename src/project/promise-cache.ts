import { LRUCache } from "lru-cache";

/** Keeps the values that were used last, as long as their sizes together have room. */
export class PromiseCache<Value> {
  readonly #cache: LRUCache<string, Promise<Value>>;

  /** @param room in the unit in which sizes are given */
  constructor(room: number) {
    this.#cache = new LRUCache({ maxSize: room });
  }

  /** The value of a key: the one that is held, or else what `read` gives. Failures are not held. */
  async get(key: string, size: number, read: () => Promise<Value>): Promise<Value> {
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const value = read();
    this.#cache.set(key, value, { size: Math.max(1, size) });
    value.catch(() => {
      if (this.#cache.peek(key) === value) this.#cache.delete(key);
    });
    return value;
  }
}

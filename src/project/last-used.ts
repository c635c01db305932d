interface Held<Value> {
  readonly value: Promise<Value>;
  readonly size: number;
}

/** Holds values that were asked for last, as long as their sizes together have room. */
export class LastUsed<Value> {
  readonly #room: number;
  readonly #held = new Map<string, Held<Value>>();
  #size = 0;

  /** @param room in the unit in which sizes are told */
  constructor(room: number) {
    this.#room = room;
  }

  /** The value of a key: the one that is held, or what `read` gives. Failures are not held. */
  async get(key: string, size: number, read: () => Promise<Value>): Promise<Value> {
    const known = this.#held.get(key);
    if (known !== undefined) {
      this.#held.delete(key);
      this.#held.set(key, known);
      return known.value;
    }
    const held = { value: read(), size };
    this.#held.set(key, held);
    this.#size += size;
    this.#dropOldest();
    held.value.catch(() => this.#drop(key, held));
    return held.value;
  }

  #dropOldest(): void {
    for (const [key, held] of this.#held) {
      if (this.#size <= this.#room) return;
      this.#drop(key, held);
    }
  }

  #drop(key: string, held: Held<Value>): void {
    if (this.#held.get(key) !== held) return;
    this.#held.delete(key);
    this.#size -= held.size;
  }
}

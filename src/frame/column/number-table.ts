/** Words of a slot: both halves of a number, and its code plus one; 0 there is a free slot. */
const WORDS = 3;
const FEWEST = 1024;

/** Numbers of 64 bits, each with a code: from 0 in the order in which they come. */
export class NumberTable {
  #slots = new Int32Array(FEWEST * WORDS);
  #mask = FEWEST - 1;
  /** how many there are */
  size = 0;

  /** The code of a number, given by its halves; a new one when it was not there. */
  add(low: number, high: number): number {
    const slot = this.#slotOf(low, high);
    const known = this.#slots[slot + 2] as number;
    if (known !== 0) return known - 1;
    this.#slots[slot] = low;
    this.#slots[slot + 1] = high;
    this.size += 1;
    this.#slots[slot + 2] = this.size;
    if (this.size > this.#mask * 0.6) this.#grow();
    return this.size - 1;
  }

  /** The code of a number; −1 when it is not there. */
  find(low: number, high: number): number {
    return (this.#slots[this.#slotOf(low, high) + 2] as number) - 1;
  }

  #slotOf(low: number, high: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let place = mix(low, high) & mask; ; place = (place + 1) & mask) {
      const slot = place * WORDS;
      if (slots[slot + 2] === 0 || (slots[slot] === low && slots[slot + 1] === high)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * WORDS);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      if (old[slot + 2] === 0) continue;
      const moved = this.#slotOf(old[slot] as number, old[slot + 1] as number);
      for (let word = 0; word < WORDS; word++) {
        this.#slots[moved + word] = old[slot + word] as number;
      }
    }
  }
}

function mix(low: number, high: number): number {
  let hash = Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return hash ^ (hash >>> 13);
}

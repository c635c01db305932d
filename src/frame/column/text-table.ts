import type { TextBytes } from "./text-bytes.ts";

/** Words of a slot: the hash of a text, and its code plus one; 0 there is a free slot. */
const WORDS = 2;
const FEWEST = 1024;

/** Texts, each with a code: from 0 in the order in which they come. */
export class TextTable {
  #slots = new Int32Array(FEWEST * WORDS);
  #mask = FEWEST - 1;
  /** the different texts beside each other, where comparing finds them sooner than in their columns */
  #texts = new DataView(new ArrayBuffer(FEWEST * 16));
  /** by code, where a text begins; then where the last one ends */
  #places = new Int32Array(FEWEST + 1);
  /** how many there are */
  size = 0;

  /** Gives the code of the text in a row of a column; a new one when it was not there. */
  adder(texts: TextBytes): (row: number) => number {
    const view = viewOf(texts);
    const { places } = texts;
    return (row) => this.#add(view, places[row] as number, places[row + 1] as number);
  }

  /** Gives the code of the text in a row of a column; −1 when it is not there. */
  finder(texts: TextBytes): (row: number) => number {
    const view = viewOf(texts);
    const { places } = texts;
    return (row) => {
      const start = places[row] as number;
      const end = places[row + 1] as number;
      const slot = this.#slotOf(hashOf(view, start, end), view, start, end);
      return (this.#slots[slot + 1] as number) - 1;
    };
  }

  #add(view: DataView, start: number, end: number): number {
    const hash = hashOf(view, start, end);
    const slot = this.#slotOf(hash, view, start, end);
    const known = this.#slots[slot + 1] as number;
    if (known !== 0) return known - 1;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = this.size + 1;
    this.#keep(view, start, end);
    if (this.size > this.#mask * 0.6) this.#grow();
    return this.size - 1;
  }

  #keep(view: DataView, start: number, end: number): void {
    const place = this.#places[this.size] as number;
    const next = place + end - start;
    if (next > this.#texts.byteLength) {
      const larger = new Uint8Array(Math.max(next, this.#texts.byteLength * 2));
      larger.set(new Uint8Array(this.#texts.buffer, 0, place));
      this.#texts = new DataView(larger.buffer);
    }
    for (let at = start; at < end; at++)
      this.#texts.setUint8(place + at - start, view.getUint8(at));
    this.size += 1;
    this.#places[this.size] = next;
  }

  #slotOf(hash: number, view: DataView, start: number, end: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let place = (hash ^ (hash >>> 16)) & mask; ; place = (place + 1) & mask) {
      const slot = place * WORDS;
      const code = slots[slot + 1] as number;
      if (code === 0) return slot;
      if (slots[slot] !== hash) continue;
      const known = this.#places[code - 1] as number;
      if ((this.#places[code] as number) - known !== end - start) continue;
      if (isSame(this.#texts, known, view, start, end - start)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    const slots = new Int32Array((this.#mask + 1) * WORDS);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      if (old[slot + 1] === 0) continue;
      const hash = old[slot] as number;
      let place = (hash ^ (hash >>> 16)) & this.#mask;
      while (slots[place * WORDS + 1] !== 0) place = (place + 1) & this.#mask;
      slots[place * WORDS] = hash;
      slots[place * WORDS + 1] = old[slot + 1] as number;
    }
    this.#slots = slots;
    const places = new Int32Array(this.#mask + 2);
    places.set(this.#places);
    this.#places = places;
  }
}

function viewOf({ bytes }: TextBytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = step(hash ^ view.getInt32(at, true));
  for (; at < end; at++) hash = step(hash ^ view.getUint8(at));
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return hash ^ (hash >>> 13);
}

function step(hash: number): number {
  const mixed = Math.imul(hash, 0x9e37_79b1);
  return (mixed << 15) | (mixed >>> 17);
}

function isSame(
  view: DataView,
  start: number,
  other: DataView,
  otherStart: number,
  length: number,
): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (view.getInt32(start + at) !== other.getInt32(otherStart + at)) return false;
  }
  for (; at < length; at++) {
    if (view.getUint8(start + at) !== other.getUint8(otherStart + at)) return false;
  }
  return true;
}

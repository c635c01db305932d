import type { TextBytes } from "./text-bytes.ts";

/** Words of a slot: the hash of a text, its code plus one (0 for a free slot), its place and its length. */
const WORDS = 4;
const FEWEST = 1024;

/** Texts are looked up so many at once. */
const BLOCK = 64;

/** Texts, each with a code: from 1 in the order in which they come. */
export class TextTable {
  #slots = new Int32Array(FEWEST * WORDS);
  #mask = FEWEST - 1;
  /** the different texts beside each other, where comparing finds them sooner than in their columns */
  #texts = new DataView(new ArrayBuffer(FEWEST * 16));
  #end = 0;
  /** of the texts of a block, and of the slots in which each is looked for first */
  readonly #hashes = new Int32Array(BLOCK);
  readonly #known = new Int32Array(BLOCK);
  readonly #firstBytes = new Uint8Array(BLOCK);
  /** how many there are */
  size = 0;

  /** Puts down the codes of the texts in some rows of a column; a new one for each that was not there. */
  add(texts: TextBytes, rows: Uint32Array | undefined, codes: Int32Array): void {
    this.#inBlocks(texts, rows, codes, (hash, view, start, end) => {
      const slot = this.#slotOf(hash, view, start, end);
      const known = this.#slots[slot + 1] as number;
      return known === 0 ? this.#put(slot, hash, view, start, end) : known;
    });
  }

  /** Puts down the codes of the texts in some rows of a column; 0 for each that is not there. */
  find(texts: TextBytes, rows: Uint32Array | undefined, codes: Int32Array): void {
    this.#inBlocks(texts, rows, codes, (hash, view, start, end) => {
      return this.#slots[this.#slotOf(hash, view, start, end) + 1] as number;
    });
  }

  #inBlocks(
    texts: TextBytes,
    rows: Uint32Array | undefined,
    codes: Int32Array,
    codeOf: (hash: number, view: DataView, start: number, end: number) => number,
  ): void {
    const view = viewOf(texts);
    const { places } = texts;
    for (let first = 0; first < codes.length; first += BLOCK) {
      const count = Math.min(BLOCK, codes.length - first);
      for (let at = 0; at < count; at++) {
        const row = rows === undefined ? first + at : (rows[first + at] as number);
        this.#hashes[at] = hashOf(view, places[row] as number, places[row + 1] as number);
      }
      this.#fetch(count);
      for (let at = 0; at < count; at++) {
        const row = rows === undefined ? first + at : (rows[first + at] as number);
        const hash = this.#hashes[at] as number;
        codes[first + at] = codeOf(hash, view, places[row] as number, places[row + 1] as number);
      }
    }
  }

  /** Reads what the texts of a block will be compared with: memory is fetched for many at once then. */
  #fetch(count: number): void {
    const slots = this.#slots;
    for (let at = 0; at < count; at++) {
      this.#known[at] = slots[
        placeOf(this.#hashes[at] as number, this.#mask) * WORDS + 2
      ] as number;
    }
    for (let at = 0; at < count; at++) {
      this.#firstBytes[at] = this.#texts.getUint8(this.#known[at] as number);
    }
  }

  #put(slot: number, hash: number, view: DataView, start: number, end: number): number {
    this.size += 1;
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = this.size;
    this.#slots[slot + 2] = this.#end;
    this.#slots[slot + 3] = end - start;
    this.#keep(view, start, end);
    if (this.size > this.#mask * 0.6) this.#grow();
    return this.size;
  }

  #keep(view: DataView, start: number, end: number): void {
    const place = this.#end;
    this.#end += end - start;
    // There is a byte to read after the last text, which may be empty.
    if (this.#end >= this.#texts.byteLength) {
      const larger = new Uint8Array(Math.max(this.#end + 1, this.#texts.byteLength * 2));
      larger.set(new Uint8Array(this.#texts.buffer, 0, place));
      this.#texts = new DataView(larger.buffer);
    }
    for (let at = start; at < end; at++)
      this.#texts.setUint8(place + at - start, view.getUint8(at));
  }

  #slotOf(hash: number, view: DataView, start: number, end: number): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let place = placeOf(hash, mask); ; place = (place + 1) & mask) {
      const slot = place * WORDS;
      if (slots[slot + 1] === 0) return slot;
      if (slots[slot] !== hash || slots[slot + 3] !== end - start) continue;
      if (isSame(this.#texts, slots[slot + 2] as number, view, start, end - start)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    const slots = new Int32Array((this.#mask + 1) * WORDS);
    for (let slot = 0; slot < old.length; slot += WORDS) {
      if (old[slot + 1] === 0) continue;
      const hash = old[slot] as number;
      let place = placeOf(hash, this.#mask);
      while (slots[place * WORDS + 1] !== 0) place = (place + 1) & this.#mask;
      for (let word = 0; word < WORDS; word++) {
        slots[place * WORDS + word] = old[slot + word] as number;
      }
    }
    this.#slots = slots;
  }
}

function placeOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 16)) & mask;
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

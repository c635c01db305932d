import type { TextBytes } from "./text-bytes.ts";

// Without `ignoreBOM` a text would lose the U+FEFF that it begins with.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Most rows and bytes of a block: a text that is kept may keep its whole block in memory. */
const ROWS = 256;
const BYTES = 8192;
/** Rows are read one after the other when so many have been, each at most so far behind the one before. */
const STREAK = 8;
const NEAR = 64;

/** Decodes texts: those that are read one after the other many at once, which takes a tenth of the time. */
export class TextBlocks {
  readonly #bytes: Uint8Array;
  readonly #places: Int32Array;
  #block = "";
  /** the rows of the block, and where the texts end in it */
  #first = 0;
  #end = 0;
  readonly #ends = new Int32Array(ROWS + 1);
  #last = -1;
  #streak = 0;

  constructor({ bytes, places }: TextBytes) {
    this.#bytes = bytes;
    this.#places = places;
  }

  text(row: number): string {
    if (row >= this.#first && row < this.#end) return this.#ofBlock(row);
    const distance = row - this.#last;
    this.#streak = distance > 0 && distance < NEAR ? this.#streak + 1 : 0;
    this.#last = row;
    if (this.#streak < STREAK || !this.#decodeFrom(row)) {
      return decoder.decode(this.#bytes.subarray(this.#places[row], this.#places[row + 1]));
    }
    return this.#ofBlock(row);
  }

  #ofBlock(row: number): string {
    const at = row - this.#first;
    this.#last = row;
    return this.#block.slice(this.#ends[at], this.#ends[at + 1]);
  }

  /** False when the first text alone is too long for a block. */
  #decodeFrom(row: number): boolean {
    const places = this.#places;
    const start = places[row] as number;
    const most = Math.min(row + ROWS, places.length - 1);
    let end = row;
    while (end < most && (places[end + 1] as number) - start <= BYTES) end++;
    if (end === row) return false;
    const bytes = this.#bytes.subarray(start, places[end]);
    this.#block = decoder.decode(bytes);
    this.#first = row;
    this.#end = end;
    // Of ASCII each byte is one unit of the text, of anything else there are fewer units than bytes.
    if (this.#block.length === bytes.length) {
      for (let at = row; at <= end; at++) this.#ends[at - row] = (places[at] as number) - start;
    } else this.#countUnits(bytes, start);
    return true;
  }

  /** Finds where the texts of the block end: bytes that continue a character are no units, four bytes two. */
  #countUnits(bytes: Uint8Array, start: number): void {
    let units = 0;
    let byte = 0;
    for (let row = this.#first; row <= this.#end; row++) {
      const end = (this.#places[row] as number) - start;
      for (; byte < end; byte++) {
        const value = bytes[byte] as number;
        if ((value & 0xc0) !== 0x80) units += value >= 0xf0 ? 2 : 1;
      }
      this.#ends[row - this.#first] = units;
    }
  }
}

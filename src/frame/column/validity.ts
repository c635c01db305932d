/** Marks which rows of a column are missing, in the bits that Arrow reads. */
export class Validity {
  readonly #bits: Uint8Array;
  nullCount = 0;

  constructor(length: number) {
    this.#bits = new Uint8Array((length + 7) >> 3).fill(255);
  }

  /** Marks a row as missing; call it once a row. */
  clear(row: number): void {
    const byte = row >> 3;
    this.#bits[byte] = (this.#bits[byte] ?? 0) & ~(1 << (row & 7));
    this.nullCount++;
  }

  /** The buffers' part that tells what is missing: empty when nothing is. */
  parts(): { nullCount: number; validity: Uint8Array } {
    const validity = this.nullCount === 0 ? new Uint8Array(0) : this.#bits;
    return { nullCount: this.nullCount, validity };
  }
}

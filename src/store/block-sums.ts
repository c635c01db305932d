/** Sums by which a part of a file is known to be as it was published, without reading all of it. */
import { createHash } from "node:crypto";
import type { HexError } from "../errors.ts";
import type { OpenedBytes } from "./store.ts";

/** The sums of new files are of blocks of this size. */
export const BLOCK_BYTES = 2 ** 18;

const SUM_BYTES = 32;
/** Blocks of which only a part was asked for, kept for who asks for the next part. */
const KEPT_BLOCKS = 8;

/** The SHA-256 of each block of some bytes, one after the other. */
export function toBlockSums(pieces: Iterable<Uint8Array>): Uint8Array {
  const sums: Uint8Array[] = [];
  let hash = createHash("sha256");
  let left = BLOCK_BYTES;
  for (const piece of pieces) {
    for (let start = 0; start < piece.length; ) {
      const part = piece.subarray(start, start + left);
      hash.update(part);
      start += part.length;
      left -= part.length;
      if (left > 0) continue;
      sums.push(hash.digest());
      hash = createHash("sha256");
      left = BLOCK_BYTES;
    }
  }
  if (left < BLOCK_BYTES) sums.push(hash.digest());
  return Buffer.concat(sums);
}

/** The sums of an object, and what to say where they are not met. */
interface Sums {
  readonly sums: Uint8Array;
  readonly blockBytes: number;
  readonly damaged: (got: string) => HexError;
}

/** The bytes of an object, of which each part is checked when it is read. */
export class CheckedBytes {
  readonly length: number;
  readonly #opened: OpenedBytes;
  readonly #sums: Sums;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(opened: OpenedBytes, sums: Sums) {
    this.length = opened.sizeBytes;
    this.#opened = opened;
    this.#sums = sums;
  }

  /**
   * A part of the bytes, in memory of its own.
   * @throws {HexError} HEX_STORE_DAMAGED when they are not what was published
   */
  subarray(start = 0, end = this.length): Uint8Array {
    const { blockBytes } = this.#sums;
    const last = Math.min(end, this.length);
    const bytes = new Uint8Array(Math.max(last - start, 0));
    for (let at = start; at < last; ) {
      const block = Math.floor(at / blockBytes);
      const first = block * blockBytes;
      const next = Math.min(first + blockBytes, this.length);
      if (at === first && next <= last) {
        this.#fill(bytes.subarray(at - start, next - start), block);
      } else {
        bytes.set(this.#keep(block, next - first).subarray(at - first, last - first), at - start);
      }
      at = next;
    }
    return bytes;
  }

  #keep(block: number, sizeBytes: number): Uint8Array {
    const kept = this.#kept.get(block);
    if (kept !== undefined) return kept;
    const bytes = new Uint8Array(sizeBytes);
    this.#fill(bytes, block);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= KEPT_BLOCKS) this.#kept.delete(oldest);
    this.#kept.set(block, bytes);
    return bytes;
  }

  #fill(bytes: Uint8Array, block: number): void {
    const { sums, blockBytes, damaged } = this.#sums;
    const count = this.#opened.read(bytes, block * blockBytes);
    const sum = createHash("sha256").update(bytes.subarray(0, count)).digest();
    const expected = sums.subarray(block * SUM_BYTES, (block + 1) * SUM_BYTES);
    if (count === bytes.length && sum.equals(expected)) return;
    throw damaged(`other bytes from ${block * blockBytes} on`);
  }
}

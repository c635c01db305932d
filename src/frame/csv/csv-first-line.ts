import { open } from "node:fs/promises";
import { type CsvLimits, limitError } from "./csv-limits.ts";

const BLOCK_BYTES = 65_536;
const QUOTE = '"'.charCodeAt(0);
const LINE_ENDS = new Set(["\n", "\r"].map((end) => end.charCodeAt(0)));
const SEPARATORS = new Set([",", ";", "\t", "|"].map((separator) => separator.charCodeAt(0)));

/**
 * Walks along the first line of a CSV whose separator is not known yet, so that one of a million
 * columns or a gigabyte is refused before anything reads it whole.
 * @throws {HexError} HEX_DATA_INVALID when it is beyond a limit
 */
export async function checkFirstLine(path: string, limits: CsvLimits): Promise<void> {
  const file = await open(path);
  try {
    const line = new FirstLine(limits);
    const block = new Uint8Array(BLOCK_BYTES);
    while (!line.isEnded) {
      const { bytesRead } = await file.read(block, 0, block.length);
      if (bytesRead === 0) return;
      line.push(block.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** True when the first column has no name: pandas writes its index so. */
export async function hasNamelessFirst(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return /^\uFEFF?(?:"")?[,;\t|]/.test(buffer.toString("utf8", 0, bytesRead));
  } finally {
    await file.close();
  }
}

class FirstLine {
  isEnded = false;
  readonly #limits: CsvLimits;
  /** how often each separator was seen: the line has at most one column more than the largest */
  readonly #counts = new Map<number, number>();
  #isQuoted = false;
  #fieldBytes = 0;

  constructor(limits: CsvLimits) {
    this.#limits = limits;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === QUOTE) this.#isQuoted = !this.#isQuoted;
      this.isEnded = !this.#isQuoted && LINE_ENDS.has(byte);
      if (this.isEnded) return;
      if (!this.#isQuoted && SEPARATORS.has(byte)) this.#countSeparator(byte);
      else this.#countByte();
    }
  }

  #countSeparator(byte: number): void {
    this.#fieldBytes = 0;
    const count = (this.#counts.get(byte) ?? 0) + 1;
    this.#counts.set(byte, count);
    if (count >= this.#limits.maxColumns) throw this.#error("maxColumns");
  }

  #countByte(): void {
    if (++this.#fieldBytes > this.#limits.maxFieldBytes) throw this.#error("maxFieldBytes");
  }

  #error(limit: keyof CsvLimits) {
    const columns = Math.max(0, ...this.#counts.values()) + 1;
    const place = limit === "maxColumns" ? "the header" : `column ${columns} of the header`;
    return limitError("HEX_DATA_INVALID", `${place} of the CSV`, this.#limits, limit);
  }
}

/** From blocks of text to the fields of whole rows, wherever the blocks end. */
import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { HexError, toMessage } from "../../../errors.ts";
import { type CsvFields, RowFaultError } from "./csv-fields.ts";

/** The first byte of a text that is not UTF-8; undefined when all are. */
export function findBadByte(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes)) return undefined;
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, wholeLength(bytes, middle)))) valid = middle;
    else invalid = middle;
  }
  return wholeLength(bytes, valid);
}

/** A length that ends no character in its middle. */
function wholeLength(bytes: Uint8Array, length: number): number {
  let start = length - 1;
  while (start > length - 4 && start > 0 && (bytes[start] ?? 0) >> 6 === 0b10) start--;
  return start >= 0 && start + characterLength(bytes[start] ?? 0) > length ? start : length;
}

/** How many bytes a character has, by its first. */
function characterLength(first: number): number {
  if (first < 0xe0) return first < 0xc0 ? 1 : 2;
  return first < 0xf0 ? 3 : 4;
}

const BLOCK_BYTES = 2 ** 18;

/** Takes the rows at the beginning of bytes; gives how many bytes they are. */
export type TakeRows = (bytes: Buffer, end: number, isLast: boolean) => number;

/**
 * Hands the bytes of blocks on in a buffer that has one byte more than they fill. What was not
 * taken comes again with more after it.
 */
export async function takeBlocks(
  blocks: AsyncIterable<Uint8Array>,
  take: TakeRows,
  blockBytes = BLOCK_BYTES,
): Promise<void> {
  const feed = new BlockFeed(take, blockBytes);
  for await (const block of blocks) feed.add(block);
  feed.end();
}

/** As `takeBlocks`, of blocks that are there without a wait. */
export class BlockFeed {
  readonly #take: TakeRows;
  #buffer: Buffer;
  #held = 0;

  constructor(take: TakeRows, blockBytes = BLOCK_BYTES) {
    this.#take = take;
    this.#buffer = Buffer.allocUnsafeSlow(blockBytes + 1);
  }

  add(block: Uint8Array): void {
    for (let start = 0; start < block.length; ) {
      const buffer = this.#buffer;
      const count = Math.min(block.length - start, buffer.length - 1 - this.#held);
      buffer.set(block.subarray(start, start + count), this.#held);
      this.#held += count;
      start += count;
      if (this.#held < buffer.length - 1) continue;
      const taken = this.#take(buffer, this.#held, false);
      if (taken > 0) buffer.copyWithin(0, taken, this.#held);
      else this.#buffer = Buffer.concat([buffer, Buffer.allocUnsafeSlow(buffer.length)]);
      this.#held -= taken;
    }
  }

  end(): void {
    this.#take(this.#buffer, this.#held, true);
  }
}

/** Takes the rows of a block that `fields` has divided; they lie from one place to another. */
export type TakeFields = (from: number, to: number) => void;

/**
 * Divides bytes into rows, as many blocks of fields after each other as it takes, and looks whether
 * they are UTF-8.
 * @returns where the first row begins that was not taken
 * @throws {RowFaultError}, {BadByteError}
 */
export function takeCsvRows(
  fields: CsvFields,
  bytes: Buffer,
  { start, end, isLast }: { start: number; end: number; isLast: boolean },
  take: TakeFields,
): number {
  for (let from = start; ; ) {
    const to = splitText(fields, bytes, { from, end, isLast });
    if (to === from && fields.rows === 0 && fields.wantedWidth === 0) return to;
    take(from, to);
    from = to;
  }
}

/**
 * Divides bytes into at most so many rows, and looks whether they are UTF-8.
 * @returns where the first row begins that was not taken
 * @throws {RowFaultError}, {BadByteError}
 */
export function splitText(
  fields: CsvFields,
  bytes: Buffer,
  range: { from: number; end: number; isLast: boolean; mostRows?: number },
): number {
  const { from, end, isLast, mostRows } = range;
  let to = end;
  try {
    to = fields.split(bytes, end, { start: from, isLast, ...(mostRows && { mostRows }) });
  } catch (error) {
    // Bytes that are not UTF-8 are told first: what they look like otherwise follows from that.
    const until = error instanceof RowFaultError ? error.fault.until : end;
    checkUtf8(bytes, from, isLast && until >= end ? end : wholeLength(bytes, Math.min(until, end)));
    throw error;
  }
  checkUtf8(bytes, from, to);
  return to;
}

function checkUtf8(bytes: Buffer, from: number, to: number): void {
  const bad = findBadByte(bytes.subarray(from, to));
  if (bad !== undefined) throw new BadByteError(from + bad);
}

/** A byte of the buffer that is not UTF-8; each reader reports its place. */
export class BadByteError extends Error {
  readonly at: number;

  constructor(at: number) {
    super(`The byte at ${at} is not UTF-8`);
    this.at = at;
  }
}

/**
 * Bytes that can be read from their beginning as often as they are needed.
 * @example
 * const source: ByteSource = {
 *   name: "numbers",
 *   async *open() {
 *     yield new TextEncoder().encode("a,b\n1,x\n");
 *   },
 * };
 * (await readCsv(source)).rows(); // → [{ a: 1, b: "x" }]
 */
export interface ByteSource {
  /** what messages call it, such as its path or address */
  readonly name: string;
  /** how many bytes there are, where that is known before they are read */
  readonly sizeBytes?: number | undefined;
  /** the bytes in order, in blocks; the same bytes each time, or an error */
  open(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * The bytes of a file.
 * @param kind what messages call such a file
 * @throws {HexError} HEX_DATA_INVALID when it is not there, or changes while it is read
 */
export function fileSource(path: string, kind = "a CSV file"): ByteSource {
  let seen: string | undefined;
  let sizeBytes: number | undefined;
  return {
    name: path,
    get sizeBytes() {
      return sizeBytes;
    },
    async *open(signal) {
      const file = await open(path).catch((cause: unknown) => {
        const message = `Expected ${kind} at ${path}, got none that can be read`;
        throw new HexError("HEX_DATA_INVALID", `${message}: ${toMessage(cause)}`, { cause });
      });
      try {
        const { ino, size, mtimeNs } = await file.stat({ bigint: true });
        const state = `${ino} ${size} ${mtimeNs}`;
        if (seen !== undefined && seen !== state) throw changedError(path);
        seen = state;
        sizeBytes = Number(size);
        for (;;) {
          signal?.throwIfAborted();
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(BLOCK_BYTES));
          if (bytesRead === 0) break;
          yield buffer.subarray(0, bytesRead);
        }
        const { mtimeNs: endNs, size: endSize } = await file.stat({ bigint: true });
        if (endNs !== mtimeNs || endSize !== size) throw changedError(path);
      } finally {
        await file.close();
      }
    },
  };
}

/** Bytes in memory, under a name. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    async *open(signal) {
      for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
        signal?.throwIfAborted();
        yield bytes.subarray(start, start + BLOCK_BYTES);
      }
    },
  };
}

/** Says that a file is not what it was when it was read before. */
export function changedError(path: string): HexError {
  const advice =
    "read it again when nothing writes to it; writers should replace files by a rename";
  return new HexError(
    "HEX_DATA_INVALID",
    `Expected ${path} to stay as it is while it is read, got a change (${advice})`,
  );
}

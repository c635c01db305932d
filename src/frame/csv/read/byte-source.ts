import { open } from "node:fs/promises";
import { HexError, toMessage } from "../../../errors.ts";

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

const BLOCK_BYTES = 2 ** 18;

/**
 * The bytes of a file.
 * @throws {HexError} HEX_DATA_INVALID when it is not there, or changes while it is read
 */
export function fileSource(path: string): ByteSource {
  let seen: string | undefined;
  let sizeBytes: number | undefined;
  return {
    name: path,
    get sizeBytes() {
      return sizeBytes;
    },
    async *open(signal) {
      const file = await open(path).catch((cause: unknown) => {
        const message = `Expected a CSV file at ${path}, got none that can be read`;
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

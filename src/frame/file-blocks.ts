import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";

/** The bytes of a file, in order. */
type Blocks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A file that was written: its size and hash. */
interface SavedFile {
  readonly sizeBytes: number;
  /** in hexadecimal digits */
  readonly sha256: string;
}

interface SaveOptions {
  readonly signal?: AbortSignal | undefined;
}

/** No block keeps the thread for longer than it takes to hash so many bytes. */
const PIECE_BYTES = 2 ** 22;

/**
 * Writes blocks to a file, one after the other, and tells what they are together. A file that cannot
 * be finished is removed.
 */
export async function saveBlocks(
  path: string,
  blocks: Blocks,
  { signal }: SaveOptions = {},
): Promise<SavedFile> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const file = await open(path, "w");
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const block of blocks) {
      for (let start = 0; start < block.length; start += PIECE_BYTES) {
        signal?.throwIfAborted();
        const piece = block.subarray(start, start + PIECE_BYTES);
        hash.update(piece);
        sizeBytes += piece.length;
        await writing;
        writing = writePiece(file, piece);
        // It is waited for when the next piece is there, which is made meanwhile.
        writing.catch(() => undefined);
      }
    }
    await writing;
    await file.close();
  } catch (error) {
    await writing.catch(() => undefined);
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

async function writePiece(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let start = 0; start < piece.length; ) {
    const { bytesWritten } = await file.write(piece, start);
    start += bytesWritten;
  }
}

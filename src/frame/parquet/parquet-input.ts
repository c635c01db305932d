/** The bytes of a Parquet file, of which only those are read that are asked for. */
import { type FileHandle, open } from "node:fs/promises";
import { HexError, toMessage } from "../../errors.ts";
import { type ByteSource, changedError } from "../csv/read/csv-blocks.ts";

/** A file that is open for reading. */
export interface ParquetInput {
  /** what messages call it */
  readonly name: string;
  readonly sizeBytes: number;
  /** Bytes from a place on; fewer than asked for only at the end of the file. */
  read(start: number, length: number): Promise<Uint8Array>;
  /** @throws {HexError} HEX_DATA_INVALID when the file has changed since it was opened */
  close(): Promise<void>;
}

/**
 * Opens a file by its path, or takes a source of bytes into memory.
 * @throws {HexError} HEX_DATA_INVALID when there is no such file
 */
export function openInput(
  source: string | ByteSource,
  signal?: AbortSignal,
): Promise<ParquetInput> {
  return typeof source === "string" ? openFile(source) : holdBytes(source, signal);
}

async function openFile(path: string): Promise<ParquetInput> {
  const file = await open(path).catch((cause: unknown) => {
    const message = `Expected a Parquet file at ${path}, got none that can be read`;
    throw new HexError("HEX_DATA_INVALID", `${message}: ${toMessage(cause)}`, { cause });
  });
  try {
    const opened = await stateOf(file);
    return {
      name: path,
      sizeBytes: opened.sizeBytes,
      read: (start, length) => readRange(file, start, length),
      async close() {
        const isSame = (await stateOf(file)).state === opened.state;
        await file.close();
        if (!isSame) throw changedError(path);
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function stateOf(file: FileHandle) {
  const { ino, size, mtimeNs } = await file.stat({ bigint: true });
  return { state: `${ino} ${size} ${mtimeNs}`, sizeBytes: Number(size) };
}

async function readRange(file: FileHandle, start: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await file.read(bytes, end, length - end, start + end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return bytes.subarray(0, end);
}

async function holdBytes(source: ByteSource, signal?: AbortSignal): Promise<ParquetInput> {
  const blocks: Uint8Array[] = [];
  for await (const block of source.open(signal)) blocks.push(block);
  const [only = new Uint8Array(0)] = blocks;
  const bytes = blocks.length < 2 ? only : new Uint8Array(Buffer.concat(blocks));
  return {
    name: source.name,
    sizeBytes: bytes.length,
    read: async (start, length) => bytes.subarray(start, start + length),
    close: async () => undefined,
  };
}

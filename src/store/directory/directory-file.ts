import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rm, writeFile } from "node:fs/promises";
import { toSha256 } from "../../sha256.ts";
import { TEMPORARY_PREFIX } from "../key.ts";
import { tooLarge } from "../read-limits.ts";
import type { ReadOptions, StoreOptions } from "../store.ts";
import { diskErrorCode, strangeFileError, unless } from "./directory-failure.ts";
import type { Folder } from "./directory-folder.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

const LARGEST_READ_BYTES = 2 ** 26;

/** One object of a directory store: its key, and where it lies in its opened folder. */
export interface Entry {
  readonly key: string;
  readonly folder: Folder;
  /** the file in the folder */
  readonly name: string;
  readonly path: string;
  /** the store as messages name it */
  readonly location: string;
}

/**
 * Reads a file whole; `undefined` when there is none.
 *
 * @throws {HexError} HEX_STORE_DAMAGED for a symbolic link, a pipe or a device; HEX_DATA_INVALID
 * for more bytes than the limit
 */
export async function readPlainFile(
  entry: Entry,
  { signal, limitBytes = Number.POSITIVE_INFINITY }: ReadOptions,
): Promise<Uint8Array | undefined> {
  return withPlainFile(entry, async (file, sizeBytes) => {
    if (sizeBytes > limitBytes) throw tooLarge(entry, { limitBytes, sizeBytes });
    return readWhole(file, sizeBytes, signal);
  });
}

/**
 * Holds a file open for reading; `undefined` when there is none.
 *
 * @throws {HexError} HEX_STORE_DAMAGED for a symbolic link, a pipe or a device
 */
export async function withPlainFile<T>(
  entry: Entry,
  use: (file: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T | undefined> {
  const file = await openPlainFile(entry);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) return undefined;
    if (!stat.isFile()) throw strangeFileError(entry.location, entry.key, "a pipe or device");
    return await use(file, stat.size);
  } finally {
    await file.close();
  }
}

/** Few large reads into one buffer of the file's size, which never changes: objects are replaced, not edited. */
async function readWhole(
  file: FileHandle,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const body = Buffer.allocUnsafeSlow(sizeBytes);
  for (let start = 0; start < sizeBytes; ) {
    signal?.throwIfAborted();
    const length = Math.min(sizeBytes - start, LARGEST_READ_BYTES);
    const { bytesRead } = await file.read(body, start, length, start);
    if (bytesRead === 0) return body.subarray(0, start);
    start += bytesRead;
  }
  return body;
}

/** Writes a file of its own beside the others, down to the disk, for a use that uses it up. */
export async function withTemporaryFile<T>(
  entry: Entry,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  { signal }: StoreOptions,
  use: (path: string) => Promise<T>,
): Promise<T> {
  return withFilledFile(
    entry,
    (file) => writeFile(file, body, { signal }),
    async (path) => {
      signal?.throwIfAborted();
      return use(path);
    },
  );
}

/** As `withTemporaryFile`, of what somebody else writes; `use` also gets what that one gave. */
export async function withFilledFile<Filled, T>(
  { folder }: Entry,
  fill: (file: FileHandle, path: string) => Promise<Filled>,
  use: (path: string, filled: Filled) => Promise<T>,
): Promise<T> {
  const path = toTemporaryPath(folder);
  try {
    const filled = await fillFile(path, fill);
    return await use(path, filled);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** A path beside the objects that nobody else ever uses. */
export function toTemporaryPath(folder: Folder): string {
  return `${folder.path}/${TEMPORARY_PREFIX}${randomUUID()}`;
}

/** Names a content, for the conditions of writes. */
export function toEtag(body: Uint8Array): string {
  return `"${toSha256(body)}"`;
}

async function fillFile<Filled>(
  path: string,
  fill: (file: FileHandle, path: string) => Promise<Filled>,
): Promise<Filled> {
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    const filled = await fill(file, path);
    await file.sync();
    return filled;
  } finally {
    await file.close();
  }
}

/** As `withPlainFile`, to be closed by the caller. */
export async function openPlainFile({
  key,
  path,
  location,
}: Entry): Promise<FileHandle | undefined> {
  try {
    // Not blocking: a pipe that somebody put there would otherwise be waited for.
    return await unless(["ENOENT"], open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  } catch (error) {
    if (diskErrorCode(error) !== "ELOOP") throw error;
    throw strangeFileError(location, key, "a symbolic link");
  }
}

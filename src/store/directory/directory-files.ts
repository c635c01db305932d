import { closeSync, constants, existsSync, fstatSync, fsync, openSync, readSync } from "node:fs";
import { type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { promisify } from "node:util";
import { toSha256 } from "../../sha256.ts";
import { tooLarge } from "../read-limits.ts";
import type { ReadOptions } from "../store.ts";
import { diskErrorCode, strangeFileError, unless } from "./directory-failure.ts";

/** A folder of the store that is held open, so that nothing put in its place later is followed. */
export interface Folder {
  /** what paths of its files begin with; good only until the folder is closed */
  readonly path: string;
  /** makes the names in it survive a power cut */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FolderRequest {
  /** the folder of the store, an absolute path */
  readonly root: string;
  /** the store as messages name it */
  readonly location: string;
  /** the segments below the root, each checked already */
  readonly segments: readonly string[];
  /** whether missing folders are made */
  readonly create: boolean;
}

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
/** Where Linux tells the open files of a process. */
export const OWN_DESCRIPTORS = "/proc/self/fd";
// Where open files are told as paths, a path below an open folder cannot be led astray.
export const HAS_DESCRIPTOR_PATHS = process.platform === "linux" && existsSync(OWN_DESCRIPTORS);

/**
 * Opens a folder below the root segment by segment, so that a symbolic link on the way is refused
 * and not followed; `undefined` when it is missing and not to be made.
 *
 * @throws {HexError} HEX_STORE_DAMAGED for a symbolic link
 */
export async function openFolder(request: FolderRequest): Promise<Folder | undefined> {
  const { root, segments, create } = request;
  // The root may be a link: it is where the user pointed.
  const openRoot = () => unless(["ENOENT"], hold(root, O_RDONLY | O_DIRECTORY));
  let folder = await openRoot();
  if (folder === undefined && create) {
    await mkdir(root, { recursive: true });
    folder = await openRoot();
  }
  for (const segment of segments) {
    if (folder === undefined) return undefined;
    const parent: Folder = folder;
    try {
      folder = await step(parent, segment, request);
    } finally {
      await parent.close();
    }
  }
  return folder;
}

async function step(
  parent: Folder,
  segment: string,
  { location, segments, create }: FolderRequest,
): Promise<Folder | undefined> {
  const path = `${parent.path}/${segment}`;
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    // Nearly always it is there.
    const found = await unless(["ENOENT"], hold(path, flags));
    if (found !== undefined || !create) return found;
    await make(path, parent);
    return await hold(path, flags);
  } catch (error) {
    const code = diskErrorCode(error);
    if (code === "ENOENT") return undefined;
    if (code !== "ENOTDIR" && code !== "ELOOP") throw error;
    if ((await unless(["ENOENT"], lstat(path)))?.isSymbolicLink()) {
      throw strangeFileError(location, segments.join("/"), `the symbolic link \`${segment}\``);
    }
    // Below a plain file there is nothing, but nothing can be put there either.
    if (create) throw error;
    return undefined;
  }
}

async function make(path: string, parent: Folder): Promise<void> {
  const making = mkdir(path).then(() => true);
  // Somebody else may have been faster.
  if ((await unless(["EEXIST"], making)) === true) await parent.sync();
}

async function hold(path: string, flags: number): Promise<Folder> {
  // Windows opens no folders; there the lstat of each segment has to do.
  if (process.platform === "win32") return holdByName(path);
  // At once: a local folder takes a hundredth of the time that its way through Node's threads takes.
  return holdOpen(path, openSync(path, flags));
}

function holdOpen(path: string, descriptor: number): Folder {
  let isOpen = true;
  return {
    path: HAS_DESCRIPTOR_PATHS ? `${OWN_DESCRIPTORS}/${descriptor}` : path,
    sync: () => promisify(fsync)(descriptor),
    close: async () => {
      // Its number may be that of another file by now.
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

async function holdByName(path: string): Promise<Folder> {
  if ((await lstat(path)).isSymbolicLink()) {
    throw Object.assign(new Error(`ELOOP: ${path}`), { code: "ELOOP", syscall: "open" });
  }
  return { path, sync: async () => {}, close: async () => {} };
}

const LARGEST_READ_BYTES = 2 ** 26;
/** So much is read at once, without Node's threads. */
const SMALL_BYTES = 2 ** 16;

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
  const small = readSmall(entry, limitBytes);
  if (small !== "large") return small;
  return withPlainFile(entry, async (file, sizeBytes) => {
    if (sizeBytes > limitBytes) throw tooLarge(entry, { limitBytes, sizeBytes });
    return readWhole(file, sizeBytes, signal);
  });
}

/** As `readPlainFile`, of a small file within the limit; anything else is `large`. */
function readSmall(entry: Entry, limitBytes: number): Uint8Array | undefined | "large" {
  let descriptor: number;
  try {
    descriptor = openSync(entry.path, READ_FLAGS);
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") return undefined;
    throw toOpenFailure(error, entry);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > Math.min(SMALL_BYTES, limitBytes)) return "large";
    const body = Buffer.allocUnsafeSlow(stat.size);
    let sizeBytes = 0;
    for (let got = -1; got !== 0 && sizeBytes < stat.size; sizeBytes += got) {
      got = readSync(descriptor, body, sizeBytes, stat.size - sizeBytes, sizeBytes);
    }
    return body.subarray(0, sizeBytes);
  } finally {
    closeSync(descriptor);
  }
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

/** Names a content, for the conditions of writes. */
export function toEtag(body: Uint8Array): string {
  return `"${toSha256(body)}"`;
}

/** As `withPlainFile`, to be closed by the caller. */
export async function openPlainFile(entry: Entry): Promise<FileHandle | undefined> {
  try {
    return await unless(["ENOENT"], open(entry.path, READ_FLAGS));
  } catch (error) {
    throw toOpenFailure(error, entry);
  }
}

/** Not blocking: a pipe that somebody put there would otherwise be waited for. */
const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

function toOpenFailure(thrown: unknown, { key, location }: Entry): unknown {
  if (diskErrorCode(thrown) !== "ELOOP") return thrown;
  return strangeFileError(location, key, "a symbolic link");
}

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  open,
  rename,
  rm,
  unlink,
  writeFile,
} from "node:fs/promises";
import { TEMPORARY_PREFIX } from "../key.ts";
import type { ConflictReason, StoreOptions, WriteOptions } from "../store.ts";
import { unless } from "./directory-failure.ts";
import {
  type Entry,
  type Folder,
  HAS_DESCRIPTOR_PATHS,
  OWN_DESCRIPTORS,
  readPlainFile,
  toEtag,
} from "./directory-files.ts";
import { changeFile, type LockOptions, passedWriter } from "./directory-lock.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** Puts a finished file under its name; or removes it, and tells why the condition does not hold. */
export async function install(
  entry: Entry,
  temporary: string,
  { condition, ...options }: WriteOptions & LockOptions,
): Promise<ConflictReason | undefined> {
  if (condition !== undefined && "ifNoneMatch" in condition) return create(entry, temporary);
  const carryOut = async (content: string) => {
    const reason = condition && (await judge(entry, condition.ifMatch, options));
    if (reason === undefined) await rename(content, entry.path);
    return reason;
  };
  const turn = await changeFile(entry, { purpose: "write", temporary, carryOut }, options);
  if (turn.isDone && turn.result === undefined) return undefined;
  // Others who went past may have put it back.
  await rm(temporary, { force: true });
  if (turn.isDone) return turn.result;
  if (condition !== undefined) return "undecided";
  throw passedWriter(entry, options.silenceMs);
}

async function create({ path }: Entry, temporary: string): Promise<ConflictReason | undefined> {
  const linking = link(temporary, path).then(() => true);
  const isCreated = await unless(["EEXIST"], linking);
  await unless(["ENOENT"], unlink(temporary));
  return isCreated === undefined ? "changed" : undefined;
}

/** Removes a file; false where there is none, or a folder. */
export async function remove(entry: Entry, options: LockOptions): Promise<boolean> {
  const temporary = toTemporaryPath(entry.folder);
  const carryOut = (content: string) => isMovedAway(entry, content);
  const turn = await changeFile(entry, { purpose: "removal", temporary, carryOut }, options);
  if (turn.isDone) return turn.result;
  throw passedWriter(entry, options.silenceMs);
}

/** Why the file is not the one that was told. */
async function judge(
  entry: Entry,
  etag: string,
  { signal }: LockOptions,
): Promise<ConflictReason | undefined> {
  const current = await readPlainFile(entry, { signal });
  if (current === undefined) return "missing";
  return toEtag(current) === etag ? undefined : "changed";
}

async function isMovedAway({ path }: Entry, content: string): Promise<boolean> {
  try {
    // Over a file no folder is moved.
    await rename(path, content);
    return true;
  } catch (error) {
    const found = await unless(["ENOENT"], lstat(path));
    if (found === undefined || found.isDirectory()) return false;
    throw error;
  }
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

/** As `withTemporaryFile`, of the bytes of an open file: where that has a path, the system copies them. */
export async function withCopiedFile<T>(
  entry: Entry,
  from: FileHandle,
  { signal }: StoreOptions,
  use: (path: string) => Promise<T>,
): Promise<T> {
  return withFilledFile(
    entry,
    (file, path) =>
      HAS_DESCRIPTOR_PATHS
        ? copyFile(`${OWN_DESCRIPTORS}/${from.fd}`, path)
        : writeFile(file, from.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 }), {
            signal,
          }),
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

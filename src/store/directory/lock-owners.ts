import { randomUUID } from "node:crypto";
import { readdir, rename, rmdir, unlink } from "node:fs/promises";
import { identifyProcess } from "../holder.ts";
import { TEMPORARY_PREFIX } from "../key.ts";
import { unless } from "./directory-failure.ts";
import { type Folder, openFolder } from "./directory-folder.ts";

/*
 * What lies in a lock, and how it is taken out again. `directory-lock.ts` tells of the lock itself.
 *
 * An owner's name is never used twice, so that whoever goes past one late meets nobody else:
 *
 *   <boot>.<namespaces>.<process id>.<start>.<id of its temporary file>.<which turn>.<its purpose>
 */

/** What the lock of a file is called; the file's own name follows. */
export const LOCK_PREFIX = `${TEMPORARY_PREFIX}lock-`;

/** What the folder of an owner holds who removes the file: called like nothing that lies elsewhere. */
export const CONTENT_NAME = `${TEMPORARY_PREFIX}content`;

/** The codes of a folder that is not removed or replaced because something lies in it. */
export const OCCUPIED: readonly string[] =
  process.platform === "win32"
    ? ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES", "EBUSY"]
    : ["ENOTEMPTY", "EEXIST"];

/** Whether an owner is what is written, or a folder into which the file is removed. */
export type Purpose = "write" | "removal";

/** Names this process as the owner of a lock, for one of the turns of one temporary file. */
export function toOwnerName(temporaryName: string, turn: number, purpose: Purpose): string {
  const id = temporaryName.slice(TEMPORARY_PREFIX.length);
  return [identifyProcess(), id, turn, purpose].join(".");
}

/** An owner in a lock that is held by somebody else. */
export interface Passing {
  /** the folder of the locked file, and of the lock */
  readonly folder: Folder;
  /** the name of the lock */
  readonly lock: string;
  /** the name of the owner in it */
  readonly owner: string;
  /** the store as messages name it */
  readonly location: string;
}

/**
 * Goes past an owner: from here on it can no longer change the file. What it was about to write is
 * put back under its temporary name, where it finds it when it goes on; or it is removed, where the
 * owner is gone.
 *
 * Afterwards the lock is free, unless the owner was in the midst of removing the file; then it has
 * done so, and has to be passed once more.
 *
 * @throws {HexError} HEX_STORE_DAMAGED when the lock is a symbolic link
 */
export async function goPast(passing: Passing, { isGone }: { isGone: boolean }): Promise<void> {
  const { folder, lock, owner, location } = passing;
  const within = { location, create: false };
  // Both are held open: whoever puts a link in their place meanwhile leads nobody elsewhere.
  const held = await openFolder({ ...within, root: folder.path, segments: [lock] });
  if (held === undefined) return;
  try {
    const path = `${held.path}/${owner}`;
    const [id, , purpose] = owner.split(".").slice(-3);
    const isWrite = purpose === ("write" satisfies Purpose);
    if (isWrite && !isGone) return await moveAside(path, folder, id);
    // What is written, a file of an older hex, which fences nobody, or anything that others put there.
    if (await isUnlinked(path)) return;
    const own = await openFolder({ ...within, root: held.path, segments: [owner] });
    if (own === undefined) return;
    try {
      await empty(own, folder);
    } finally {
      await own.close();
    }
    await unless(["ENOENT", ...OCCUPIED], rmdir(path));
  } finally {
    await held.close();
  }
}

/** Removes what is no folder; false for a folder, or where there is nothing. */
export async function isUnlinked(path: string): Promise<boolean> {
  const unlinking = unlink(path).then(() => true);
  // The middle one and the last are said of folders.
  return (await unless(["ENOENT", "EISDIR", "EPERM"], unlinking)) ?? false;
}

async function empty(own: Folder, folder: Folder): Promise<void> {
  for (const name of (await unless(["ENOENT"], readdir(own.path))) ?? []) {
    const path = `${own.path}/${name}`;
    if (name === CONTENT_NAME) await unless(["ENOENT"], unlink(path));
    // What is not of us is never deleted: it may be anything.
    else await moveAside(path, folder);
  }
}

/** Makes something a temporary file of its own. */
async function moveAside(path: string, folder: Folder, id: string = randomUUID()): Promise<void> {
  await unless(["ENOENT"], rename(path, `${folder.path}/${TEMPORARY_PREFIX}${id}`));
}

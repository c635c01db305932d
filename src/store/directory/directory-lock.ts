import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expectation, type HexError } from "../../errors.ts";
import { identifyProcess, isProcessGone } from "../holder.ts";
import { TEMPORARY_PREFIX } from "../key.ts";
import type { StoreOptions } from "../store.ts";
import { diskErrorCode, removedFolder, unless } from "./directory-failure.ts";
import { type Entry, type Folder, openFolder } from "./directory-files.ts";

/*
 * The lock of a file is a folder beside it: held while an owner lies in it, free while it is empty or
 * missing. An owner is the content that is to be written, finished, under the owner's name. Whoever
 * removes the file owns the lock by a folder, with an empty file in it whose place the removed one
 * takes: where it could come to lie must be able to vanish. An owner's name is never used twice, so
 * that a process which goes past one late meets nobody else:
 *
 *   <boot>.<namespaces>.<process id>.<start>.<id of its temporary file>.<which turn>.<its purpose>
 *
 *   .hex-tmp-lock-<file> / <owner>
 *   .hex-tmp-lock-<file> / <owner> / .hex-tmp-content
 *
 *   take     a prepared folder with the owner in it is renamed to the lock's name, which succeeds only
 *            over an empty or missing folder
 *   change   one rename: of the content to the file's place, or of the file to the content's
 *   release  what is left of the owner is removed, then the lock if it is still empty
 *   go past  the content is moved back to where its owner looks for it, or the owner's folder is
 *            removed, as often as it is not empty; that is done to an owner who
 *              is proven gone
 *              was seen in the lock for a bounded time, alive or not
 *
 * Nobody is robbed by that, since the change needs the content, or the owner's folder, at that very
 * moment: either it came first, and is done, or it can never happen any more, and its owner takes
 * another turn in which it judges anew. A folder is emptied where it is, and not moved away whole: a
 * rename that has already found its way into a folder goes on in it, wherever that is by then.
 */

/** The beginning of a lock's name; that of the file follows. */
export const LOCK_PREFIX = `${TEMPORARY_PREFIX}lock-`;

/** The place in an owner's folder that a removed file takes: called like nothing that lies elsewhere. @internal */
export const CONTENT_NAME = `${TEMPORARY_PREFIX}content`;

/** The codes of a folder that is not removed or replaced because something lies in it. */
export const OCCUPIED: readonly string[] =
  process.platform === "win32"
    ? ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES", "EBUSY"]
    : ["ENOTEMPTY", "EEXIST"];

/** Whether an owner is what is written, or a folder into which the file is removed. */
type Purpose = "write" | "removal";

export interface LockOptions extends StoreOptions {
  /** how long others see the same owner in a lock before they go past it; milliseconds */
  readonly silenceMs: number;
}

/** Result of a turn with the lock; not done when others went past each time. */
export type Turn<T> = { readonly isDone: true; readonly result: T } | { readonly isDone: false };

const TURNS_ALLOWED = 3;
const WAIT_LIMIT_MS = 60_000;
const WAIT_STEP_MS = 10;
/** Longest time that counts between two looks: a process that was stopped meanwhile saw nothing. */
const LONGEST_LOOK_MS = 250;

/** A change of a file by one rename. */
export interface LockedChange<T> {
  readonly purpose: Purpose;
  /** a temporary path beside the file, where the content of a write lies; it may be gone afterwards */
  readonly temporary: string;
  /** Judges, and renames from or to the content; asked again when others went past before that. */
  readonly carryOut: (content: string) => Promise<T>;
}

/**
 * Changes a file while nobody else on this machine changes it under its lock.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE when there were only others for a minute
 */
export async function changeFile<T>(
  entry: Entry,
  change: LockedChange<T>,
  options: LockOptions,
): Promise<Turn<T>> {
  const { purpose, temporary, carryOut } = change;
  const lock = `${entry.folder.path}/${LOCK_PREFIX}${entry.name}`;
  for (let turn = 1; turn <= TURNS_ALLOWED; turn++) {
    const owner = toOwnerName(basename(temporary), turn, purpose);
    const prepared = `${temporary}.${turn}`;
    if (!(await take(entry, { ...change, prepared, owner }, options))) break;
    const content = toContentPath(`${lock}/${owner}`, purpose);
    try {
      return { isDone: true, result: await carryOut(content) };
    } catch (error) {
      // The rename did not find the content, or no place for it: others went past.
      if (diskErrorCode(error) !== "ENOENT") throw error;
    } finally {
      await release(lock, content, purpose);
    }
  }
  return { isDone: false };
}

/** The failure to change a file because others went past each time, or removed what was to be written. */
export function passedWriter({ key, location }: Entry, silenceMs: number): HexError {
  return expectation("HEX_STORE_UNAVAILABLE", {
    place: `\`${key}\` in the store ${location}`,
    expected: `changed within ${silenceMs / 1000} s of its turn`,
    got: "a process that was stopped or slow for longer, so that others went past it",
    hint: "nothing was changed: try again",
  });
}

interface Preparation extends Omit<LockedChange<unknown>, "carryOut"> {
  /** the path of what becomes the lock */
  readonly prepared: string;
  readonly owner: string;
}

/** Takes the lock with the content in it; false when the content, or what was prepared, is gone. */
async function take(entry: Entry, preparation: Preparation, options: LockOptions) {
  const { prepared } = preparation;
  try {
    const making = mkdir(prepared).then(() => true);
    if ((await unless(["ENOENT"], making)) === undefined) {
      throw removedFolder(entry.location, entry.key);
    }
    await fill(preparation);
    await waitForTurn(entry, prepared, options);
    return true;
  } catch (error) {
    await rm(prepared, { recursive: true, force: true });
    // A process that stood still for days finds what it prepared collected as garbage.
    if (diskErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function fill({ purpose, temporary, prepared, owner }: Preparation): Promise<void> {
  const own = `${prepared}/${owner}`;
  if (purpose === "write") return rename(temporary, own);
  await mkdir(own);
  await writeFile(toContentPath(own, purpose), "");
}

/** Names this process as the owner of a lock, for one of the turns of one temporary file. */
function toOwnerName(temporaryName: string, turn: number, purpose: Purpose): string {
  const id = temporaryName.slice(TEMPORARY_PREFIX.length);
  return [identifyProcess(), id, turn, purpose].join(".");
}

function toContentPath(own: string, purpose: Purpose): string {
  return purpose === "write" ? own : `${own}/${CONTENT_NAME}`;
}

async function waitForTurn(entry: Entry, prepared: string, options: LockOptions): Promise<void> {
  const { signal, silenceMs } = options;
  const { folder, location } = entry;
  const lock = `${LOCK_PREFIX}${entry.name}`;
  const watch = new Watch();
  while (watch.waitedMs <= WAIT_LIMIT_MS) {
    signal?.throwIfAborted();
    if (await isRenamed(prepared, `${folder.path}/${lock}`)) return;
    const owners = (await unless(["ENOENT"], readdir(`${folder.path}/${lock}`))) ?? [];
    const seenMs = watch.see(owners);
    for (const owner of owners) {
      const isGone = isProcessGone(owner);
      if (isGone || seenMs >= silenceMs) {
        await goPast({ folder, lock, owner, location }, { isGone });
      }
    }
    // Not everywhere is an empty folder replaced.
    if (owners.length === 0) await removeEmpty(`${folder.path}/${lock}`);
    await wait(WAIT_STEP_MS * (0.5 + Math.random()), undefined, { signal });
  }
  throw expectation("HEX_STORE_UNAVAILABLE", {
    place: `\`${entry.key}\` in the store ${location}`,
    expected: `free to be written within ${WAIT_LIMIT_MS / 1000} s`,
    got: "other writers, one after the other",
    hint: "try again, or let fewer runs write at once",
  });
}

/** How long the same owners were seen, by this process's own steady clock. */
class Watch {
  waitedMs = 0;
  #owners = "";
  #sinceMs = 0;
  #lastMs = performance.now();

  see(owners: readonly string[]): number {
    const now = performance.now();
    this.waitedMs += Math.min(now - this.#lastMs, LONGEST_LOOK_MS);
    this.#lastMs = now;
    const seen = owners.join();
    if (seen !== this.#owners) this.#sinceMs = this.waitedMs;
    this.#owners = seen;
    return this.waitedMs - this.#sinceMs;
  }
}

async function isRenamed(prepared: string, lock: string): Promise<boolean> {
  const renaming = rename(prepared, lock).then(() => true);
  return (await unless(OCCUPIED, renaming)) ?? false;
}

async function release(lock: string, content: string, purpose: Purpose): Promise<void> {
  // What was written has left the lock, which is all then; what was removed lies in it.
  if (purpose === "write" && (await removeEmpty(lock))) return;
  await unless(["ENOENT"], unlink(content));
  if (purpose === "removal") await removeEmpty(dirname(content));
  await removeEmpty(lock);
}

/** Removes a folder if nothing lies in it; false when something does. */
async function removeEmpty(path: string): Promise<boolean> {
  const removing = unless(["ENOENT"], rmdir(path)).then(() => true);
  return (await unless(OCCUPIED, removing)) ?? false;
}

/** An owner in a lock that is held by somebody else. */
interface Passing {
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

import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { isStoreKey, RUNS_PREFIX, TEMPORARY_PREFIX } from "../key.ts";
import type { Leftovers, ObjectInfo, StoreOptions } from "../store.ts";
import { toDiskFailure, unless } from "./directory-failure.ts";
import { type Folder, openFolder } from "./directory-files.ts";
import { goPast, isUnlinked, LOCK_PREFIX, OCCUPIED } from "./directory-lock.ts";

/** Leftovers of killed processes in a directory store, and folders of runs that were emptied. */
export class DirectoryLeftovers implements Leftovers {
  readonly #root: string;
  readonly #location: string;

  constructor(root: string, location: string) {
    this.#root = root;
    this.#location = location;
  }

  async *list({ signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    const pending = [""];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { found, folders } = await this.#look(next, signal);
      yield* found;
      pending.push(...folders);
    }
  }

  async remove(key: string, { signal }: StoreOptions = {}): Promise<void> {
    const segments = key.split("/");
    const name = segments.pop() ?? "";
    const lock = segments.at(-1) ?? "";
    if (isLock(lock))
      return this.#removeOwner(segments.slice(0, -1), { lock, owner: name }, signal);
    await this.#withFolder(segments, signal, async ({ path }) => {
      if (isTemporary(name) && !isLock(name))
        return rm(`${path}/${name}`, { recursive: true, force: true });
      if (isLock(name) && (await isUnlinked(`${path}/${name}`))) return;
      // Only an empty folder goes this way, so whoever has written into it meanwhile loses nothing.
      await unless(["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"], rmdir(`${path}/${name}`));
    });
  }

  /** As whoever wants the lock goes past its owner, who may only have stood still. */
  async #removeOwner(
    segments: readonly string[],
    { lock, owner }: { readonly lock: string; readonly owner: string },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await this.#withFolder(segments, signal, async (folder) => {
      await goPast({ folder, lock, owner, location: this.#location }, { isGone: true });
      await unless(["ENOENT", ...OCCUPIED], rmdir(`${folder.path}/${lock}`));
    });
  }

  async #look(prefix: string, signal: AbortSignal | undefined) {
    const found: ObjectInfo[] = [];
    const folders: string[] = [];
    await this.#withFolder(prefix.split("/").slice(0, -1), signal, async ({ path }) => {
      const entries = await readdir(path, { withFileTypes: true });
      if (entries.length === 0 && prefix.startsWith(RUNS_PREFIX) && prefix !== RUNS_PREFIX) {
        found.push(...(await infoOf(`${path}/.`, prefix.slice(0, -1))));
      }
      for (const entry of entries) {
        const key = prefix + entry.name;
        if (isTemporary(entry.name))
          found.push(...(await leftoversAt(`${path}/${entry.name}`, key)));
        else if (entry.isDirectory() && isStoreKey(key)) folders.push(`${key}/`);
      }
    });
    return { found, folders };
  }

  async #withFolder(
    segments: readonly string[],
    signal: AbortSignal | undefined,
    use: (folder: Folder) => Promise<void>,
  ): Promise<void> {
    const { root, location } = { root: this.#root, location: this.#location };
    try {
      signal?.throwIfAborted();
      const folder = await openFolder({ root, location, segments, create: false });
      if (folder === undefined) return;
      try {
        await use(folder);
      } finally {
        await folder.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toDiskFailure(error, location);
    }
  }
}

function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}

function isLock(name: string): boolean {
  return name.startsWith(LOCK_PREFIX);
}

async function leftoversAt(path: string, key: string): Promise<ObjectInfo[]> {
  const stat = await unless(["ENOENT"], lstat(path));
  const hasOwners = stat?.isDirectory() && isLock(key.slice(key.lastIndexOf("/") + 1));
  // A lock's name comes again, an owner's never does: only by that is it certain who is removed.
  const owners = hasOwners ? await unless(["ENOENT", "ENOTDIR"], readdir(path)) : undefined;
  if (owners === undefined || owners.length === 0) return infoOf(path, key);
  const found: ObjectInfo[] = [];
  for (const owner of owners) found.push(...(await infoOf(`${path}/${owner}`, `${key}/${owner}`)));
  return found;
}

async function infoOf(path: string, key: string): Promise<ObjectInfo[]> {
  const stat = await unless(["ENOENT"], lstat(path));
  if (stat === undefined) return [];
  const sizeBytes = stat.isDirectory() ? await sizeWithin(path) : stat.size;
  return [{ key, sizeBytes, modifiedAt: stat.mtime }];
}

/** Of all files below a folder: a writer that was killed while it waited had put its own there. */
async function sizeWithin(folder: string): Promise<number> {
  let sizeBytes = 0;
  const reading = readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of (await unless(["ENOENT"], reading)) ?? []) {
    const path = `${entry.parentPath}/${entry.name}`;
    if (entry.isFile()) sizeBytes += (await unless(["ENOENT"], lstat(path)))?.size ?? 0;
  }
  return sizeBytes;
}

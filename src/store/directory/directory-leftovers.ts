import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { isStoreKey, RUNS_PREFIX, TEMPORARY_PREFIX } from "../key.ts";
import type { Leftovers, ObjectInfo, StoreOptions } from "../store.ts";
import { toDiskFailure, unless } from "./directory-failure.ts";
import { openFolder } from "./directory-folder.ts";

/** A lock is not judged by its age: who wants it next sees whether its holder has died. */
const LOCK_PREFIX = `${TEMPORARY_PREFIX}lock-`;

/** What killed processes left in a directory store, and folders of runs that were emptied. */
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
    await this.#withFolder(segments, signal, async (path) => {
      if (isTemporary(name)) return rm(`${path}/${name}`, { recursive: true, force: true });
      // Only an empty folder goes this way, so whoever has written into it meanwhile loses nothing.
      await unless(["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"], rmdir(`${path}/${name}`));
    });
  }

  async #look(prefix: string, signal: AbortSignal | undefined) {
    const found: ObjectInfo[] = [];
    const folders: string[] = [];
    await this.#withFolder(prefix.split("/").slice(0, -1), signal, async (path) => {
      const entries = await readdir(path, { withFileTypes: true });
      if (entries.length === 0 && prefix.startsWith(RUNS_PREFIX) && prefix !== RUNS_PREFIX) {
        found.push(...(await infoOf(`${path}/.`, prefix.slice(0, -1))));
      }
      for (const entry of entries) {
        const key = prefix + entry.name;
        if (isTemporary(entry.name)) found.push(...(await infoOf(`${path}/${entry.name}`, key)));
        else if (entry.isDirectory() && isStoreKey(key)) folders.push(`${key}/`);
      }
    });
    return { found, folders };
  }

  async #withFolder(
    segments: readonly string[],
    signal: AbortSignal | undefined,
    use: (path: string) => Promise<void>,
  ): Promise<void> {
    const { root, location } = { root: this.#root, location: this.#location };
    try {
      signal?.throwIfAborted();
      const folder = await openFolder({ root, location, segments, create: false });
      if (folder === undefined) return;
      try {
        await use(folder.path);
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
  return name.startsWith(TEMPORARY_PREFIX) && !name.startsWith(LOCK_PREFIX);
}

async function infoOf(path: string, key: string): Promise<ObjectInfo[]> {
  const stat = await unless(["ENOENT"], lstat(path));
  if (stat === undefined) return [];
  return [{ key, sizeBytes: stat.isFile() ? stat.size : 0, modifiedAt: stat.mtime }];
}

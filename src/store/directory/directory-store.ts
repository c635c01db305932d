import { type BigIntStats, lstatSync } from "node:fs";
import { type FileHandle, lstat, readdir } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { checkListPrefix, checkStoreKey, isStoreKey } from "../key.ts";
import { changedMeanwhile } from "../read-limits.ts";
import type {
  FolderInfo,
  FolderOptions,
  FoundObject,
  Leftovers,
  ObjectInfo,
  OpenedBytes,
  ReadOptions,
  Store,
  StoredObject,
  StoreMarker,
  StoreOptions,
  WriteFileOptions,
  WriteOptions,
  WriteResult,
} from "../store.ts";
import { removedFolder, toDiskFailure, unless } from "./directory-failure.ts";
import {
  type Entry,
  type Folder,
  openFolder,
  openPlainFile,
  readPlainFile,
  toEtag,
  withPlainFile,
} from "./directory-files.ts";

/** How long others see the same owner in the lock of a file before they go past it; milliseconds. @internal */
export const OWNER_SILENCE_MS = 5_000;

const BLOCK_BYTES = 2 ** 20;
/** Reads go on for so long before others get their turn. */
const LONGEST_TURN_MS = 10;
/** Some disks tell times in steps of two seconds. */
const LONGEST_TICK_MS = 3_000;

/** Loaded by the first write: a run that only reads enters neither it nor the lock. */
const loadWriting = () => import("./directory-write.ts");

/**
 * Objects as files of one directory, for the processes of one machine on a local file system (not
 * NFS). It is made by the first write.
 */
export class DirectoryStore implements Store {
  readonly location: string;
  /** kept by this very code */
  readonly keepsConditions = true;
  readonly leftovers: Leftovers;
  readonly marker: StoreMarker | undefined;
  readonly #root: string;
  readonly #silenceMs: number;
  #turnMs = 0;

  /**
   * @param root an absolute path
   * @param silenceMs how long a writer may take for its turn before others go past it
   */
  constructor(root: string, marker?: StoreMarker, silenceMs = OWNER_SILENCE_MS) {
    this.#root = root;
    this.#silenceMs = silenceMs;
    this.marker = marker;
    this.location = `file:${root}`;
    this.leftovers = {
      list: (options) => this.#listLeftovers(options),
      remove: async (key, options) => (await this.#openLeftovers()).remove(key, options),
    };
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredObject | undefined> {
    const { signal } = options;
    await this.#letOthersGo();
    return this.#withEntry(key, { create: false, signal }, async (entry) => {
      const body = await readPlainFile(entry, options);
      return body && toStoredObject(body);
    });
  }

  /** Small files are read at once: who reads one after the other would let nobody else go meanwhile. */
  async #letOthersGo(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#turnMs < LONGEST_TURN_MS) return;
    this.#turnMs = nowMs;
    await nextTurn();
  }

  async find(key: string, { signal }: StoreOptions = {}): Promise<FoundObject | undefined> {
    return this.#withEntry(key, { create: false, signal }, (entry) =>
      withPlainFile(entry, (file) => toFound(key, file)),
    );
  }

  peekTag(key: string): string | undefined {
    checkStoreKey(key);
    try {
      const stat = lstatSync(`${this.#root}/${key}`, { bigint: true });
      return stat.isFile() ? toTag(stat) : undefined;
    } catch {
      return undefined;
    }
  }

  async *readBlocks(
    found: FoundObject,
    { signal }: StoreOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { key } = found;
    const file = await this.#withEntry(key, { create: false, signal }, openPlainFile);
    if (file === undefined) throw changedMeanwhile(found, this.location);
    try {
      const isSame = async () => (await toFound(key, file)).tag === found.tag;
      if (!(await isSame())) throw changedMeanwhile(found, this.location);
      yield* file.createReadStream({ autoClose: false, highWaterMark: BLOCK_BYTES, signal });
      // Other tools write into a file that is there.
      if (!(await isSame())) throw changedMeanwhile(found, this.location);
    } catch (error) {
      signal?.throwIfAborted();
      throw toDiskFailure(error, this.location);
    } finally {
      await file.close();
    }
  }

  async openBytes(key: string, { signal }: StoreOptions = {}): Promise<OpenedBytes | undefined> {
    const { openHeldFile } = await import("./held-file.ts");
    return this.#withEntry(key, { create: false, signal }, async (entry) => openHeldFile(entry));
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { signal } = options;
    const silenceMs = this.#silenceMs;
    const { install, withTemporaryFile } = await loadWriting();
    const result = await this.#withEntry<WriteResult>(key, { create: true, signal }, (entry) =>
      withTemporaryFile(entry, body, { signal }, async (temporary) => {
        const reason = await install(entry, temporary, { ...options, silenceMs });
        if (reason !== undefined) return { status: "conflict", reason };
        await entry.folder.sync();
        return { status: "written", etag: toEtag(body) };
      }),
    );
    return result ?? { status: "conflict", reason: "missing" };
  }

  async writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    { signal }: WriteFileOptions = {},
  ): Promise<T> {
    const { install, withFilledFile } = await loadWriting();
    const written = await this.#withEntry(key, { create: true, signal }, (entry) =>
      withFilledFile(
        entry,
        (_, path) => fill(path),
        async (temporary, filled) => {
          signal?.throwIfAborted();
          await install(entry, temporary, { signal, silenceMs: this.#silenceMs });
          await entry.folder.sync();
          return { filled };
        },
      ),
    );
    if (written === undefined) throw removedFolder(this.location, key);
    return written.filled;
  }

  async copy(fromKey: string, toKey: string, { signal }: StoreOptions = {}): Promise<boolean> {
    checkStoreKey(toKey);
    const { install, withCopiedFile } = await loadWriting();
    const isCopied = await this.#withEntry(fromKey, { create: false, signal }, (from) =>
      withPlainFile(from, (file) =>
        this.#withEntry(toKey, { create: true, signal }, (entry) =>
          withCopiedFile(entry, file, { signal }, async (temporary) => {
            await install(entry, temporary, { signal, silenceMs: this.#silenceMs });
            await entry.folder.sync();
            return true;
          }),
        ),
      ),
    );
    return isCopied ?? false;
  }

  async delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    const { remove } = await loadWriting();
    await this.#withEntry(key, { create: false, signal }, async (entry) => {
      const isRemoved = await remove(entry, { signal, silenceMs: this.#silenceMs });
      if (isRemoved) await entry.folder.sync();
    });
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    checkListPrefix(prefix);
    const pending = [prefix];
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const { objects, folders } = await this.#listFolder(next, signal);
      yield* objects;
      pending.push(...folders);
    }
  }

  async *listFolders(
    prefix: string,
    { signal, withTags = false }: FolderOptions = {},
  ): AsyncIterable<FolderInfo> {
    checkListPrefix(prefix);
    const found: FolderInfo[] = [];
    await this.#withFolder(
      prefix.split("/").slice(0, -1),
      { create: false, signal },
      async (at) => {
        for (const entry of await readdir(at.path, { withFileTypes: true })) {
          const { name } = entry;
          if (!entry.isDirectory() || !isStoreKey(name)) continue;
          found.push(
            withTags ? { name, changeTag: await toChangeTag(`${at.path}/${name}`) } : { name },
          );
        }
      },
    );
    yield* found;
  }

  async close(): Promise<void> {}

  async *#listLeftovers(options?: StoreOptions): AsyncIterable<ObjectInfo> {
    yield* (await this.#openLeftovers()).list(options);
  }

  async #openLeftovers(): Promise<Leftovers> {
    const { DirectoryLeftovers } = await import("./directory-leftovers.ts");
    return new DirectoryLeftovers(this.#root, this.location);
  }

  async #listFolder(prefix: string, signal: AbortSignal | undefined) {
    const objects: ObjectInfo[] = [];
    const folders: string[] = [];
    const segments = prefix.split("/").slice(0, -1);
    await this.#withFolder(segments, { create: false, signal }, async (folder) => {
      const found = await readdir(folder.path, { withFileTypes: true });
      const legal = found.filter(({ name }) => isStoreKey(prefix + name));
      for (const { name } of legal.filter((entry) => entry.isFile())) {
        signal?.throwIfAborted();
        const stat = await unless(["ENOENT"], lstat(`${folder.path}/${name}`));
        if (stat === undefined) continue;
        objects.push({ key: prefix + name, sizeBytes: stat.size, modifiedAt: stat.mtime });
      }
      folders.push(
        ...legal.filter((entry) => entry.isDirectory()).map(({ name }) => `${prefix}${name}/`),
      );
    });
    return { objects, folders };
  }

  /** Hands the checked key's entry to an action; `undefined` when its folder is missing. */
  #withEntry<T>(
    key: string,
    access: Access,
    use: (entry: Entry) => Promise<T>,
  ): Promise<T | undefined> {
    checkStoreKey(key);
    const segments = key.split("/");
    const name = segments.pop() ?? key;
    return this.#withFolder(segments, access, (folder) =>
      use({ key, folder, name, path: `${folder.path}/${name}`, location: this.location }),
    );
  }

  async #withFolder<T>(
    segments: readonly string[],
    { create, signal }: Access,
    use: (folder: Folder) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      signal?.throwIfAborted();
      const root = this.#root;
      const folder = await openFolder({ root, location: this.location, segments, create });
      if (folder === undefined) return undefined;
      try {
        return await use(folder);
      } finally {
        await folder.close();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw toDiskFailure(error, this.location);
    }
  }
}

interface Access extends StoreOptions {
  /** whether missing folders are made */
  readonly create: boolean;
}

/** A file that is replaced is another one, and one that is written to has another time. */
async function toFound(key: string, file: FileHandle): Promise<FoundObject> {
  const stat = await file.stat({ bigint: true });
  return { key, sizeBytes: Number(stat.size), modifiedAt: stat.mtime, tag: toTag(stat) };
}

function toTag({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}-${size}-${mtimeNs}`;
}

/** A folder has another time for each entry that comes or goes, but within the ticks of the disk's clock. */
async function toChangeTag(path: string): Promise<string | null> {
  const stat = await unless(["ENOENT"], lstat(path, { bigint: true }));
  if (stat === undefined) return null;
  const { ino, mtimeMs, mtimeNs } = stat;
  return Date.now() - Number(mtimeMs) >= LONGEST_TICK_MS ? `${ino}-${mtimeNs}` : null;
}

function toStoredObject(body: Uint8Array): StoredObject {
  // Most readers check a SHA-256 of their own and never ask for this one.
  return {
    body,
    get etag() {
      return toEtag(body);
    },
  };
}

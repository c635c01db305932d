import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { diskErrorCode, strangeFileError, toDiskFailure, unless } from "./directory-failure.ts";
import { type Folder, openFolder } from "./directory-folder.ts";
import { withFileLock } from "./directory-lock.ts";
import { checkListPrefix, checkStoreKey, isStoreKey, TEMPORARY_PREFIX } from "./key.ts";
import type {
  ObjectInfo,
  Store,
  StoredObject,
  StoreOptions,
  WriteCondition,
  WriteOptions,
  WriteResult,
} from "./store.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** One object of the store: its key, and where it lies in its opened folder. */
interface Entry {
  readonly key: string;
  readonly folder: Folder;
  readonly name: string;
  readonly path: string;
}

/**
 * Objects as files of one directory, for the processes of one machine on a local file system (not
 * NFS). It is made by the first write.
 */
export class DirectoryStore implements Store {
  readonly location: string;
  readonly #root: string;

  /** @param root an absolute path */
  constructor(root: string) {
    this.#root = root;
    this.location = `file:${root}`;
  }

  async read(key: string, { signal }: StoreOptions = {}): Promise<StoredObject | undefined> {
    return this.#withEntry(key, { create: false, signal }, async (entry) => {
      const file = await this.#openFile(entry);
      if (file === undefined) return undefined;
      try {
        if (!(await this.#isPlain(file, key))) return undefined;
        return toStoredObject(await file.readFile({ signal }));
      } finally {
        await file.close();
      }
    });
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { condition, signal } = options;
    const result = await this.#withEntry<WriteResult>(key, { create: true, signal }, (entry) =>
      this.#withTemporaryFile(entry, body, signal, async (temporary) => {
        const installed = await this.#install(entry, temporary, condition, signal);
        if (!installed) return { status: "conflict" };
        await entry.folder.sync();
        return { status: "written", etag: toEtag(body) };
      }),
    );
    return result ?? { status: "conflict" };
  }

  async delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    await this.#withEntry(key, { create: false, signal }, (entry) =>
      withFileLock({ ...entry, location: this.location, signal }, async () => {
        const found = await unless(["ENOENT"], lstat(entry.path));
        if (found === undefined || found.isDirectory()) return;
        await unlink(entry.path);
        await entry.folder.sync();
      }),
    );
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

  async close(): Promise<void> {}

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

  /** Puts a finished file under its name; false when the condition does not hold. */
  async #install(
    entry: Entry,
    temporary: string,
    condition: WriteCondition | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (condition !== undefined && "ifNoneMatch" in condition) {
      const linked = await unless(
        ["EEXIST"],
        link(temporary, entry.path).then(() => true),
      );
      return linked === true;
    }
    return withFileLock({ ...entry, location: this.location, signal }, async () => {
      if (condition !== undefined && (await this.#etag(entry)) !== condition.ifMatch) return false;
      await rename(temporary, entry.path);
      return true;
    });
  }

  async #etag(entry: Entry): Promise<string | undefined> {
    const file = await this.#openFile(entry);
    if (file === undefined) return undefined;
    try {
      return (await this.#isPlain(file, entry.key)) ? toEtag(await file.readFile()) : undefined;
    } finally {
      await file.close();
    }
  }

  async #withTemporaryFile<T>(
    { folder }: Entry,
    body: Uint8Array,
    signal: AbortSignal | undefined,
    use: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = `${folder.path}/${TEMPORARY_PREFIX}${randomUUID()}`;
    try {
      const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
      try {
        await file.writeFile(body, { signal });
        await file.sync();
      } finally {
        await file.close();
      }
      signal?.throwIfAborted();
      return await use(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #openFile({ key, path }: Entry): Promise<FileHandle | undefined> {
    try {
      // Not blocking: a pipe that somebody put there would otherwise be waited for.
      return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      const code = diskErrorCode(error);
      if (code === "ENOENT") return undefined;
      if (code === "ELOOP") throw strangeFileError(this.location, key, "a symbolic link");
      throw error;
    }
  }

  async #isPlain(file: FileHandle, key: string): Promise<boolean> {
    const stat = await file.stat();
    if (stat.isDirectory()) return false;
    if (!stat.isFile()) throw strangeFileError(this.location, key, "a pipe or device");
    return true;
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
      use({ key, folder, name, path: `${folder.path}/${name}` }),
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

function toStoredObject(body: Uint8Array): StoredObject {
  // Most readers check a SHA-256 of their own and never ask for this one.
  return {
    body,
    get etag() {
      return toEtag(body);
    },
  };
}

function toEtag(body: Uint8Array): string {
  return `"${createHash("sha256").update(body).digest("hex")}"`;
}

import { checkListPrefix, checkStoreKey } from "../../src/store/key.ts";
import { changedMeanwhile, tooLarge } from "../../src/store/read-limits.ts";
import type {
  FolderInfo,
  FoundObject,
  ObjectInfo,
  ReadOptions,
  Store,
  StoredObject,
  StoreOptions,
  WriteFileOptions,
  WriteOptions,
  WriteResult,
} from "../../src/store/store.ts";
import { writeThroughFile } from "./through-files.ts";

/** Objects in memory that keep the whole contract; each call is one instant. */
export class MemoryStore implements Store {
  readonly location = "memory:test";
  readonly objects = new Map<string, StoredObject & { readonly modifiedAt: Date }>();
  readonly #now: () => number;
  #etags = 0;

  /** @param now the store's own clock, milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredObject | undefined> {
    const { signal, limitBytes = Number.POSITIVE_INFINITY } = options;
    checkStoreKey(key);
    signal?.throwIfAborted();
    const object = this.objects.get(key);
    if (object === undefined) return undefined;
    const sizeBytes = object.body.length;
    if (sizeBytes > limitBytes) throw tooLarge({ key, ...this }, { limitBytes, sizeBytes });
    return object;
  }

  async find(key: string, options: StoreOptions = {}): Promise<FoundObject | undefined> {
    const object = await this.read(key, options);
    if (object === undefined) return undefined;
    const modifiedAt = this.objects.get(key)?.modifiedAt ?? new Date(0);
    return { key, sizeBytes: object.body.length, modifiedAt, tag: object.etag };
  }

  async *readBlocks(found: FoundObject, options: StoreOptions = {}): AsyncIterable<Uint8Array> {
    const object = await this.read(found.key, options);
    if (object?.etag !== found.tag) throw changedMeanwhile(found, this.location);
    yield object.body;
    options.signal?.throwIfAborted();
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { condition, signal } = options;
    checkStoreKey(key);
    // As long as any other write takes at least.
    await Promise.resolve();
    signal?.throwIfAborted();
    const current = this.objects.get(key);
    if (condition !== undefined && "ifNoneMatch" in condition && current !== undefined) {
      return { status: "conflict", reason: "changed" };
    }
    if (condition !== undefined && "ifMatch" in condition && current?.etag !== condition.ifMatch) {
      return { status: "conflict", reason: current === undefined ? "missing" : "changed" };
    }
    const etag = `"${++this.#etags}"`;
    this.objects.set(key, { body: body.slice(), etag, modifiedAt: new Date(this.#now()) });
    return { status: "written", etag };
  }

  writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    options?: WriteFileOptions,
  ): Promise<T> {
    return writeThroughFile(this, key, fill, options);
  }

  async copy(fromKey: string, toKey: string, { signal }: StoreOptions = {}): Promise<boolean> {
    checkStoreKey(fromKey);
    checkStoreKey(toKey);
    signal?.throwIfAborted();
    const object = this.objects.get(fromKey);
    if (object === undefined) return false;
    await this.write(toKey, object.body);
    return true;
  }

  async delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    checkStoreKey(key);
    signal?.throwIfAborted();
    this.objects.delete(key);
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    checkListPrefix(prefix);
    signal?.throwIfAborted();
    for (const [key, { body, modifiedAt }] of this.objects) {
      if (key.startsWith(prefix)) yield { key, sizeBytes: body.length, modifiedAt };
    }
  }

  async *listFolders(prefix: string, options: StoreOptions = {}): AsyncIterable<FolderInfo> {
    const names = new Set<string>();
    for await (const { key } of this.list(prefix, options)) {
      const [name = "", ...below] = key.slice(prefix.length).split("/");
      if (below.length > 0) names.add(name);
    }
    for (const name of names) yield { name };
  }

  async close(): Promise<void> {}
}

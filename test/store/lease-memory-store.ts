import type { LeaseStore } from "../../src/store/lease/lease-terms.ts";
import type {
  StoredObject,
  StoreOptions,
  WriteOptions,
  WriteResult,
} from "../../src/store/store.ts";

/** Objects in memory that keep the conditions of writes; each call is one instant. */
export class MemoryStore implements LeaseStore {
  readonly location = "memory:test";
  readonly objects = new Map<string, StoredObject>();
  #etags = 0;

  async read(key: string, { signal }: StoreOptions = {}): Promise<StoredObject | undefined> {
    signal?.throwIfAborted();
    return this.objects.get(key);
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { condition, signal } = options;
    signal?.throwIfAborted();
    const current = this.objects.get(key);
    const holds =
      condition === undefined ||
      ("ifMatch" in condition ? current?.etag === condition.ifMatch : current === undefined);
    if (!holds) return { status: "conflict" };
    const etag = `"${++this.#etags}"`;
    this.objects.set(key, { body, etag });
    return { status: "written", etag };
  }

  remove(key: string): void {
    this.objects.delete(key);
  }
}

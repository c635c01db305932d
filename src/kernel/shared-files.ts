import type { ReadOptions, Store, StoredObject } from "../store/store.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

/** Smaller files are read by each thread. */
const FEWEST_BYTES = 2 ** 18;

/**
 * Files that several threads of one process have in memory once: the first that reads one hands its
 * bytes to the others. Each checks for itself that they are what was published.
 */
export class SharedFiles {
  readonly #send: (message: FromThread) => void;
  readonly #asked = new Map<number, (bytes: SharedArrayBuffer | undefined) => void>();
  /** what this thread has been given: asked for again, as when it was damaged, it is read anew */
  readonly #given = new Set<string>();
  readonly #left = new FinalizationRegistry<string>((key) => {
    this.#given.delete(key);
    this.#send({ type: "file-left", key });
  });
  #lastId = 0;

  constructor(send: (message: FromThread) => void) {
    this.#send = send;
  }

  /** The same store, whose large Arrow files are read once in the process. */
  share(store: Store): Store {
    const read = (key: string, options: ReadOptions = {}) => this.#read(store, key, options);
    return new Proxy(store, {
      get: (target, name) => {
        if (name === "read") return read;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  /** Takes the answer to a question for a file. */
  hear({ id, bytes }: Extract<ToThread, { type: "file-found" }>): void {
    this.#asked.get(id)?.(bytes);
    this.#asked.delete(id);
  }

  async #read(store: Store, key: string, options: ReadOptions): Promise<StoredObject | undefined> {
    const { limitBytes = 0 } = options;
    if (!key.endsWith(".arrow") || limitBytes < FEWEST_BYTES || this.#given.has(key)) {
      return store.read(key, options);
    }
    const known = await this.#ask(key);
    if (known !== undefined) return this.#give(key, known);
    const bytes = await readShared(store, key, options);
    if (bytes === undefined) return store.read(key, options);
    this.#send({ type: "file-read", key, bytes });
    return this.#give(key, bytes);
  }

  #ask(key: string): Promise<SharedArrayBuffer | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#send({ type: "file-wanted", key, id });
    });
  }

  #give(key: string, bytes: SharedArrayBuffer): StoredObject {
    this.#given.add(key);
    this.#left.register(bytes, key);
    return { body: new Uint8Array(bytes), etag: "" };
  }
}

/** Reads an object into memory that threads share; `undefined` where it has another size than is told. */
async function readShared(
  store: Store,
  key: string,
  { signal, limitBytes = 0 }: ReadOptions,
): Promise<SharedArrayBuffer | undefined> {
  const found = await store.find(key, { signal });
  if (found?.sizeBytes !== limitBytes) return undefined;
  const bytes = new SharedArrayBuffer(limitBytes);
  const into = new Uint8Array(bytes);
  let at = 0;
  for await (const block of store.readBlocks(found, { signal })) {
    if (at + block.length > limitBytes) return undefined;
    into.set(block, at);
    at += block.length;
  }
  return at === limitBytes ? bytes : undefined;
}

interface KeptFile {
  readonly bytes: SharedArrayBuffer;
  /** threads that have something of it in use */
  readonly users: Set<number>;
}

/** The files that the threads of a process share, as its main thread keeps them for those to come. */
export class KeptFiles {
  readonly #files = new Map<string, KeptFile>();

  /** The bytes of a file, for a thread that uses them from now on. */
  find(key: string, thread: number): SharedArrayBuffer | undefined {
    const kept = this.#files.get(key);
    kept?.users.add(thread);
    return kept?.bytes;
  }

  add(key: string, bytes: SharedArrayBuffer, thread: number): void {
    this.#files.set(key, { bytes, users: new Set([thread]) });
  }

  /** A thread uses a file no more. */
  leave(key: string, thread: number): void {
    const kept = this.#files.get(key);
    kept?.users.delete(thread);
    if (kept?.users.size === 0) this.#files.delete(key);
  }

  /** A thread is over. */
  leaveAll(thread: number): void {
    for (const key of [...this.#files.keys()]) this.leave(key, thread);
  }
}

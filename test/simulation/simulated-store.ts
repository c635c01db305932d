import { HexError } from "../../src/errors.ts";
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
import { writeThroughFile } from "../fakes/through-files.ts";
import type { FaultBook } from "./fault-book.ts";
import type { CallFault } from "./fault-plan.ts";
import { EPOCH_MS, type VirtualProcess, type VirtualWorld } from "./virtual-world.ts";

const TRAVEL_MS = 20;
const GIVES_UP_MS = 3_000;
const LATEST_MS = 120_000;
const SLOW_MS = 30_000;

/** What the processes of a world share. */
export interface Surroundings {
  readonly world: VirtualWorld;
  readonly disk: Store;
  readonly faults: FaultBook;
  /** temporary files that writes left which broke off, and since when */
  readonly torn: Map<string, Date>;
}

interface Call<T> {
  readonly key: string;
  readonly words: string;
  /** takes place at one instant, whatever became of the caller */
  readonly effect: () => Promise<T>;
  readonly toWords: (answer: T) => string;
  readonly signal: AbortSignal | undefined;
}

/** The store as one process sees it: each call travels there and back, and may come to grief. */
export class SimulatedStore implements Store {
  readonly location = "store";
  readonly keepsConditions = true;
  readonly #around: Surroundings;
  readonly #self: VirtualProcess;

  constructor(around: Surroundings, self: VirtualProcess) {
    this.#around = around;
    this.#self = self;
  }

  read(key: string, options: ReadOptions = {}): Promise<StoredObject | undefined> {
    return this.#call("read", {
      key,
      words: `read ${key}`,
      effect: () => this.#around.disk.read(key, { ...options, signal: undefined }),
      toWords: (object) => object?.etag ?? "nothing",
      signal: options.signal,
    });
  }

  find(key: string, { signal }: StoreOptions = {}): Promise<FoundObject | undefined> {
    return this.#call("list", {
      key,
      words: `find ${key}`,
      effect: () => this.#around.disk.find(key),
      toWords: (found) => found?.tag ?? "nothing",
      signal,
    });
  }

  async *readBlocks(found: FoundObject, { signal }: StoreOptions = {}): AsyncIterable<Uint8Array> {
    const { body } = await this.#call("read", {
      key: found.key,
      words: `read ${found.key} in blocks`,
      effect: async () => {
        const blocks: Uint8Array[] = [];
        for await (const block of this.#around.disk.readBlocks(found)) blocks.push(block);
        return { body: new Uint8Array(Buffer.concat(blocks)), etag: found.tag };
      },
      toWords: ({ etag }) => etag,
      signal,
    });
    yield body;
  }

  write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { condition, signal } = options;
    const bytes = body.slice();
    const isNew = condition !== undefined && "ifNoneMatch" in condition;
    const word = isNew ? "create" : "write";
    const held =
      condition !== undefined && "ifMatch" in condition ? ` over ${condition.ifMatch}` : "";
    return this.#call(condition === undefined ? "write" : held === "" ? "create" : "swap", {
      key,
      words: `${word} ${key}${held}`,
      effect: () => this.#around.disk.write(key, bytes, { ...options, signal: undefined }),
      toWords: (result) => (result.status === "written" ? result.etag : "refused"),
      signal,
    });
  }

  copy(fromKey: string, toKey: string, { signal }: StoreOptions = {}): Promise<boolean> {
    return this.#call("write", {
      key: toKey,
      words: `copy ${fromKey} to ${toKey}`,
      effect: () => this.#around.disk.copy(fromKey, toKey),
      toWords: String,
      signal,
    });
  }

  delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    return this.#call("write", {
      key,
      words: `delete ${key}`,
      effect: () => this.#around.disk.delete(key),
      toWords: () => "done",
      signal,
    });
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    yield* await this.#list(this.#around.disk.list(prefix), { prefix, what: "objects", signal });
  }

  async *listFolders(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<FolderInfo> {
    const folders = this.#around.disk.listFolders(prefix);
    yield* await this.#list(folders, { prefix, what: "folders", signal });
  }

  #list<Info>(
    listed: AsyncIterable<Info>,
    { prefix, what, signal }: StoreOptions & { readonly prefix: string; readonly what: string },
  ): Promise<readonly Info[]> {
    return this.#call("list", {
      key: prefix,
      words: what === "objects" ? `list ${prefix}` : `list the ${what} of ${prefix}`,
      effect: async () => {
        const infos: Info[] = [];
        for await (const info of listed) infos.push(info);
        return infos;
      },
      toWords: ({ length }) => `${length} ${what}`,
      signal,
    });
  }

  async writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    options?: WriteFileOptions,
  ): Promise<T> {
    let body: Uint8Array = new Uint8Array();
    const there = {
      write: async (_: string, bytes: Uint8Array): Promise<WriteResult> => {
        body = bytes;
        return { status: "written", etag: "" };
      },
    };
    const filled = await this.#around.world.outside(() => writeThroughFile(there, key, fill));
    await this.write(key, body, options);
    return filled;
  }

  readonly leftovers = {
    list: () => this.#listTorn(),
    remove: async (key: string) => {
      this.#around.torn.delete(key);
    },
  };

  async *#listTorn(): AsyncIterable<ObjectInfo> {
    for (const [key, modifiedAt] of this.#around.torn) yield { key, sizeBytes: 1, modifiedAt };
  }

  async close(): Promise<void> {}

  #call<T>(kind: CallKind, call: Call<T>): Promise<T> {
    const { signal } = call;
    let abort = () => {};
    const calling = new Promise<T>((resolve, reject) => {
      if (this.#self.isDead) return;
      signal?.throwIfAborted();
      abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort);
      new Journey(this.#around, this.#self, { ...call, resolve, reject }).begin(kind);
    });
    return calling.finally(() => signal?.removeEventListener("abort", abort));
  }
}

interface CallOnItsWay<T> extends Call<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

/** One call on its way to what is stored, and back. */
class Journey<T> {
  readonly #around: Surroundings;
  readonly #self: VirtualProcess;
  readonly #call: CallOnItsWay<T>;

  constructor(around: Surroundings, self: VirtualProcess, call: CallOnItsWay<T>) {
    this.#around = around;
    this.#self = self;
    this.#call = call;
  }

  begin(kind: CallKind): void {
    const { faults } = this.#around;
    const kill = faults.takeKill(this.#self);
    if (kill === undefined) {
      this.#meet(faults.take(this.#self, kind, this.#call.key));
      return;
    }
    if (kill.isDone) this.#arrive(this.#travelMs(), () => {});
    faults.kill(this.#self, kill, this.#call.words);
  }

  #meet(fault: CallFault | undefined): void {
    const { random } = this.#self;
    const reply = (answer: T) => this.#reply(answer);
    switch (fault) {
      case undefined:
        this.#arrive(this.#travelMs(), reply);
        break;
      case "slow":
        this.#arrive(random() * SLOW_MS, reply);
        break;
      case "answer-lost":
        this.#arrive(this.#travelMs(), () => this.#fail("no answer", random() * GIVES_UP_MS));
        break;
      case "repeated":
        this.#arrive(this.#travelMs(), () => this.#arrive(this.#travelMs(), reply));
        break;
      case "late":
        this.#tell("is given up, and still under way");
        this.#fail("no answer", random() * GIVES_UP_MS);
        this.#arrive(random() * LATEST_MS, () => {});
        break;
      case "half":
        this.#arrive(this.#travelMs(), (answer) => this.#reply(toHalf(answer)));
        break;
      case "undecided":
      case "not-found": {
        this.#tell(fault);
        const reason = fault === "undecided" ? "undecided" : "missing";
        this.#reply({ status: "conflict", reason } as T);
        break;
      }
      case "torn": {
        const { torn, world } = this.#around;
        torn.set(`.hex-tmp-${torn.size}`, new Date(EPOCH_MS + world.now));
        this.#fail("EIO", this.#travelMs());
        break;
      }
      case "refused":
        this.#fail("refused", this.#travelMs());
    }
  }

  /** Takes place, whatever became of the caller meanwhile. */
  #arrive(afterMs: number, answered: (answer: T) => void): void {
    this.#around.world.at(afterMs, undefined, () => {
      this.#call.effect().then(
        (answer) => {
          this.#tell(this.#call.toWords(answer));
          answered(answer);
        },
        (error: unknown) => this.#later(this.#travelMs(), () => this.#call.reject(error)),
      );
    });
  }

  #reply(answer: T): void {
    this.#later(this.#travelMs(), () => this.#call.resolve(answer));
  }

  #fail(fault: string, afterMs: number): void {
    this.#tell(`fails: ${fault}`);
    const error = new HexError("HEX_STORE_UNAVAILABLE", `the simulated store: ${fault}`);
    this.#later(afterMs, () => this.#call.reject(error));
  }

  #later(afterMs: number, act: () => void): void {
    this.#around.world.at(afterMs, this.#self, act);
  }

  #tell(answer: string): void {
    this.#around.world.note(this.#self.name, `${this.#call.words} → ${answer}`);
  }

  #travelMs(): number {
    return 1 + this.#self.random() * TRAVEL_MS;
  }
}

/** What a call does, on which it depends what can go wrong. */
export type CallKind = "read" | "write" | "create" | "swap" | "list" | "queue";

/** Whether a fault can happen to such a call. */
export function isPossible(fault: CallFault, kind: CallKind): boolean {
  switch (fault) {
    case "half":
      return kind === "read";
    case "repeated":
    case "torn":
      return kind === "write" || kind === "create" || kind === "swap";
    case "late":
      return kind !== "read" && kind !== "list";
    case "undecided":
      return kind === "create" || kind === "swap";
    case "not-found":
      return kind === "swap";
    default:
      return true;
  }
}

function toHalf<T>(result: T): T {
  if (typeof result !== "object" || result === null || !("body" in result)) return result;
  const { body } = result as unknown as StoredObject;
  return { ...result, body: body.slice(0, body.length >> 1) };
}

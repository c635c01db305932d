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
import { writeThroughFile } from "./through-files.ts";
import { Turns } from "./turns.ts";

/** What can go wrong with a call. */
const FAULTS = [
  /** 503, or a request that never arrives */
  "request-lost",
  /** it is done, and nobody hears of it */
  "reply-lost",
  /** the caller gives up, and later it is done after all */
  "late",
  /** it is done, then repeated by something in between, which the condition refuses (412) */
  "repeated",
  /** 409: nothing is decided */
  "undecided",
  /** 404 on If-Match, though something is there */
  "not-found",
  /** it takes several turns of the others */
  "slow",
  /** what is read breaks off in the middle, and nobody notices */
  "half",
] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultyStoreOptions {
  readonly random: () => number;
  /** how many calls of a hundred have a fault, by the key or prefix they ask for */
  readonly percent: (key: string) => number;
}

/** A store over another one, whose calls are put in a random order and of which some go wrong. */
export class FaultyStore implements Store {
  readonly location: string;
  readonly counts = new Map<Fault, number>();
  readonly #store: Store;
  readonly #options: FaultyStoreOptions;
  readonly #turns: Turns;
  readonly #late: (() => Promise<unknown>)[] = [];

  constructor(store: Store, options: FaultyStoreOptions) {
    this.location = store.location;
    this.#store = store;
    this.#options = options;
    this.#turns = new Turns(options.random);
  }

  async read(key: string, options?: ReadOptions): Promise<StoredObject | undefined> {
    const fault = await this.#begin(key, ["request-lost", "slow", "half"]);
    if (fault === "request-lost") throw unavailable(fault);
    const object = await this.#store.read(key, options);
    if (fault !== "half" || object === undefined) return object;
    return { ...object, body: object.body.slice(0, object.body.length >> 1) };
  }

  async find(key: string, options?: StoreOptions): Promise<FoundObject | undefined> {
    const fault = await this.#begin(key, ["request-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    return this.#store.find(key, options);
  }

  async *readBlocks(found: FoundObject, options?: StoreOptions): AsyncIterable<Uint8Array> {
    const fault = await this.#begin(found.key, ["request-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    yield* this.#store.readBlocks(found, options);
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const fault = await this.#begin(key, writeFaults(options));
    const write = () => this.#store.write(key, body.slice(), options);
    switch (fault) {
      case "request-lost":
        throw unavailable(fault);
      case "reply-lost":
        await write();
        throw unavailable(fault);
      case "late":
        this.#late.push(write);
        throw unavailable(fault);
      case "repeated":
        await write();
        return write();
      case "undecided":
        return { status: "conflict", reason: "undecided" };
      case "not-found":
        return { status: "conflict", reason: "missing" };
      default:
        return write();
    }
  }

  writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    options?: WriteFileOptions,
  ): Promise<T> {
    return writeThroughFile(this, key, fill, options);
  }

  async copy(fromKey: string, toKey: string, options?: StoreOptions): Promise<boolean> {
    const fault = await this.#begin(toKey, ["request-lost", "reply-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    const isCopied = await this.#store.copy(fromKey, toKey, options);
    if (fault === "reply-lost") throw unavailable(fault);
    return isCopied;
  }

  async delete(key: string, options?: StoreOptions): Promise<void> {
    const fault = await this.#begin(key, ["request-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    await this.#store.delete(key, options);
  }

  async *list(prefix: string, options?: StoreOptions): AsyncIterable<ObjectInfo> {
    const fault = await this.#begin(prefix, ["request-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    yield* this.#store.list(prefix, options);
  }

  async *listFolders(prefix: string, options?: StoreOptions): AsyncIterable<FolderInfo> {
    const fault = await this.#begin(prefix, ["request-lost", "slow"]);
    if (fault === "request-lost") throw unavailable(fault);
    yield* this.#store.listFolders(prefix, options);
  }

  async close(): Promise<void> {}

  /** Waits for a turn, in which something of long ago may happen first, and picks a fault. */
  async #begin(key: string, possible: readonly Fault[]): Promise<Fault | undefined> {
    await this.#turns.wait();
    const { random, percent } = this.#options;
    if (random() < 0.3) await this.#late.shift()?.();
    if (random() * 100 >= percent(key)) return undefined;
    const fault = possible[Math.floor(random() * possible.length)];
    if (fault === undefined) return undefined;
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    for (let turns = fault === "slow" ? 1 + random() * 8 : 0; turns > 0; turns--) {
      await this.#turns.wait();
    }
    return fault;
  }
}

function writeFaults({ condition }: WriteOptions): readonly Fault[] {
  const always: readonly Fault[] = ["request-lost", "reply-lost", "slow"];
  if (condition === undefined) return always;
  const conditional: readonly Fault[] = [...always, "late", "repeated", "undecided"];
  return "ifMatch" in condition ? [...conditional, "not-found"] : conditional;
}

function unavailable(fault: Fault): HexError {
  return new HexError("HEX_STORE_UNAVAILABLE", `the fake store: ${fault}`);
}

import { createHash, type Hash, randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { batchOf, type ColumnData, dictionaryOf } from "../frame/column/column-data.ts";
import { type UnreadColumn, unreadOf } from "../frame/column/unread-column.ts";
import type { Frame } from "../frame/frame.ts";
import type { Readers } from "../run/column-reads.ts";
import type { ComputedCell } from "../run/compute-cell.ts";
import type { CellTurn, ExecutedCell } from "../run/recall.ts";
import type { FrameOrigin } from "../run/run-event.ts";
import { shareValue } from "../run/shared-value.ts";
import type { StagedFrame } from "../store/publication.ts";
import type { Version } from "../store/version.ts";

/** The outcome of one computation of a cell, to be used again; it never changes. */
export interface CachedResult {
  /** names the computation */
  readonly result: string;
  readonly computed: ComputedCell;
  /** frames that it gave to be published, by name */
  readonly staged: ReadonlyMap<string, StagedFrame>;
  /** the columns of published frames that it read: name of the frame -> names of columns */
  readonly reads: Readers;
  /** the published frame whose columns its value has */
  readonly source?: string | undefined;
}

/** The content of a key. */
export type Cached =
  | CachedResult
  /** the cell is under this key; `version`: under its own one with the version */
  | { readonly at: string | "version" }
  /** the cell threw this: it was run for a press, which is carried out once */
  | { readonly thrown: unknown };

interface CachedSize {
  /** without frames */
  readonly sizeBytes: number;
  readonly frames: readonly Frame[];
}

export interface CellCacheOptions {
  /** about how much memory all of it may take */
  readonly limitBytes: number;
  readonly limitEntries?: number;
  /** milliseconds; only the distance between two calls counts */
  readonly now?: () => number;
}

interface Entry extends CachedSize {
  readonly cached: Cached;
}

const ENTRY_BYTES = 1_024;
const NO_SIZE: CachedSize = { sizeBytes: 0, frames: [] };
/** So many cells that ran for presses are known, each in some 100 bytes. */
const MOST_PRESSES = 100_000;

/**
 * Results of cells, by a key that stands for everything that they depend on, and by the id of the
 * result; the least recently used goes first when there is no room. It knows no project: a caller
 * that has the key has the result.
 */
export class CellCache {
  readonly #limitBytes: number;
  readonly #entries: LRUCache<string, Entry>;
  /** result id -> its key */
  readonly #keys = new Map<string, string>();
  readonly #frames = new FrameSizes();
  readonly #pressed = new Set<string>();
  #plainBytes = 0;
  /** results whose frames had a column that could be read from no file */
  readonly #lost = new Set<string>();
  #losses = 0;
  /** computations that are on their way, by key: others that need the same wait for them */
  readonly pending = new Map<string, Promise<unknown>>();

  constructor({
    limitBytes,
    limitEntries = 4_096,
    now = () => performance.now(),
  }: CellCacheOptions) {
    this.#limitBytes = limitBytes;
    this.#entries = new LRUCache({
      max: limitEntries,
      ttlResolution: 0,
      // An instant 0 would be taken for none.
      perf: { now: () => now() + 1 },
      dispose: (entry, key) => this.#forget(entry, key),
    });
  }

  get sizeBytes(): number {
    return this.#plainBytes + this.#frames.sizeBytes;
  }

  get(key: string): Cached | undefined {
    return this.#entries.get(key)?.cached;
  }

  /** The result of an id, also when its key depends on more than is known. */
  find(result: string): CachedResult | undefined {
    const key = this.#keys.get(result);
    const cached = key === undefined ? undefined : this.get(key);
    return isCell(cached) ? cached : undefined;
  }

  /** Whether a cell was run for a press with this key, although its result may be forgotten. */
  wasPressed(key: string): boolean {
    return this.#pressed.has(key);
  }

  notePressed(key: string): void {
    this.#pressed.add(key);
    const [oldest] = this.#pressed;
    if (this.#pressed.size > MOST_PRESSES && oldest !== undefined) this.#pressed.delete(oldest);
  }

  /** @param ttlMs for how long; as long as there is room unless given */
  put(key: string, cached: Cached, size: CachedSize = NO_SIZE, ttlMs?: number): void {
    this.#entries.delete(key);
    const beforeBytes = this.sizeBytes;
    const entry = { cached, sizeBytes: ENTRY_BYTES + size.sizeBytes, frames: size.frames };
    this.#plainBytes += entry.sizeBytes;
    for (const frame of entry.frames) this.#frames.count(frame, 1);
    if (isCell(cached)) this.#keys.set(cached.result, key);
    this.#entries.set(key, entry, { ttl: ttlMs ?? 0 });
    // One that has no room by itself is not to drive out all others first.
    if (this.sizeBytes - beforeBytes > this.#limitBytes) this.#entries.delete(key);
    while (this.sizeBytes > this.#limitBytes && this.#entries.size > 0) this.#entries.pop();
  }

  /**
   * A column of a result's frame could be read from no file: nothing that is known can be used any
   * more, as cells may have gone on without it.
   */
  lose(result: string): void {
    this.#losses += 1;
    this.#lost.add(result);
    this.#entries.clear();
  }

  /** Whether a column of its frame was lost: it is to be read whole from now on. */
  wasLost(result: string): boolean {
    return this.#lost.has(result);
  }

  /** How often something was lost: what was begun before is not to be used. */
  get losses(): number {
    return this.#losses;
  }

  #forget({ cached, sizeBytes, frames }: Entry, key: string): void {
    if (isCell(cached) && this.#keys.get(cached.result) === key) this.#keys.delete(cached.result);
    this.#plainBytes -= sizeBytes;
    for (const frame of frames) this.#frames.count(frame, -1);
  }
}

export function isCell(cached: Cached | undefined): cached is CachedResult {
  return typeof cached === "object" && "result" in cached;
}

/** A result that a cell has just come to, and where it is cached. */
export interface NewResult {
  /** stands for everything that it depends on, besides frames that it reads by itself */
  readonly key: string;
  /** names the state: a result that cannot be shared is for this one only */
  readonly scope: string;
  readonly turn: CellTurn;
  readonly executed: ExecutedCell;
}

/** A CSV that another tool left is not looked at again for so long. */
const FOREIGN_MS = 5_000;

/** Caches the result of a cell; gives the cached one instead where that is the same. */
export async function cacheResult(
  cache: CellCache,
  { key, scope, turn, executed }: NewResult,
): Promise<CachedResult> {
  const { planned, frames, reads } = turn;
  const { computed, origins } = executed;
  const { value, output, shown } = computed;
  const cell: CachedResult = {
    result: randomUUID(),
    computed,
    staged: new Map([...frames.staged].filter(([, { cell: by }]) => by === planned.name)),
    reads: reads.readBy(planned.name),
    source: reads.sourceOf(value),
  };
  const shared = shareValue(value);
  const size = {
    sizeBytes: shared.sizeBytes + shareValue(output).sizeBytes,
    frames: [...shared.frames, ...(shown === undefined ? [] : [shown])],
  };
  // Frames that this run has staged and then read depend on more than the cells above.
  const isShared = shared.isSafe && !origins.some(isStaged);
  if (isShared) return cacheShared(cache, { key, cell, size, origins }, await frames.version());
  cache.put(origins.some(isStaged) ? cell.result : `${scope} ${key}`, cell, size);
  return cell;
}

interface SharedResult {
  readonly key: string;
  readonly cell: CachedResult;
  readonly size: CachedSize;
  readonly origins: readonly FrameOrigin[];
}

/** Caches it for as long as the frames that it read are the same. */
function cacheShared(
  cache: CellCache,
  { key, cell, size, origins }: SharedResult,
  version: Version,
): CachedResult {
  const { number } = version;
  const { shown, frame } = cell.computed;
  // The key of a published frame says which one it is.
  const isRead = frame !== undefined && shown !== undefined;
  const place = isRead || origins.length === 0 ? key : withVersion(key, version);
  if (place !== key) cache.put(key, { at: "version" });
  // A CSV of another tool that is not pinned, or of an earlier version, may change at any time.
  const pinned = new Set([...version.foreign().values()].map(({ tag }) => tag));
  const isForeign = origins.some(
    ({ version: from, tag }) =>
      !(tag === undefined ? from !== null && from === number : pinned.has(tag)),
  );
  if (!isForeign) {
    cache.put(place, cell, size);
    return cell;
  }
  const at = `${place} ${isRead ? toFrameDigest(shown) : cell.result}`;
  cache.put(place, { at }, NO_SIZE, FOREIGN_MS);
  const known = cache.get(at);
  if (isCell(known)) return known;
  cache.put(at, cell, size);
  return cell;
}

/** The key of a result that depends on a whole version. */
export function withVersion(key: string, { number, id }: Version): string {
  return `${key} ${number} ${id ?? ""}`;
}

/** Frames of versions, and those of other tools, are not known to be computed by this run. */
function isStaged({ version, computedAt, tag }: FrameOrigin): boolean {
  return version === null && computedAt !== null && tag === undefined;
}

/** A text that was read stays in memory as a string as well, at about so many times its bytes. */
const TEXT_FACTOR = 4;

/** A value of a column that was not read yet will take about so much. */
const UNREAD_BYTES = 8;

/** How much memory frames take together that share columns: each column counts once. */
class FrameSizes {
  readonly #columns = new Map<ColumnData, { readonly sizeBytes: number; users: number }>();
  sizeBytes = 0;

  /** @param by 1 for a frame that comes, -1 for one that goes */
  count(frame: Frame, by: 1 | -1): void {
    const { columns, rows } = frame.unarranged();
    if (rows !== undefined) this.sizeBytes += by * rows.byteLength;
    for (const { data } of columns) {
      const column = this.#columns.get(data) ?? { sizeBytes: toBytes(data), users: 0 };
      this.#columns.set(data, column);
      if (column.users === 0) this.sizeBytes += column.sizeBytes;
      column.users += by;
      if (column.users > 0) continue;
      this.sizeBytes -= column.sizeBytes;
      this.#columns.delete(data);
    }
  }
}

function toBytes(data: ColumnData): number {
  // Asking for its values would read them.
  const unread = unreadOf(data);
  if (unread !== undefined) return toUnreadBytes(unread);
  const { values, validity, offsets } = batchOf(data);
  const texts = dictionaryOf(data)?.dictionary;
  const own = values.byteLength + (validity?.byteLength ?? 0);
  if (offsets !== undefined && offsets !== null) {
    return own * TEXT_FACTOR + offsets.byteLength * 3;
  }
  return own + (texts === undefined ? 0 : toBytes(texts));
}

function toUnreadBytes({ of, length }: UnreadColumn): number {
  const rowBytes = of && of.length > 0 ? toBytes(of) / of.length : UNREAD_BYTES;
  return Math.ceil(length * rowBytes);
}

/** Stands for the content of a frame; equal for equal frames that were read in the same way. */
function toFrameDigest(frame: Frame): string {
  const hash = createHash("sha256");
  for (const { name, type, data } of frame.unarranged().columns) {
    hash.update(JSON.stringify([name, type]));
    updateWith(hash, data);
  }
  return hash.digest("hex");
}

function updateWith(hash: Hash, data: ColumnData): void {
  const { values, validity, offsets } = batchOf(data);
  for (const buffer of [values, validity, offsets]) {
    if (buffer === undefined || buffer === null) continue;
    hash.update(String(buffer.byteLength));
    hash.update(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
  }
  const texts = dictionaryOf(data)?.dictionary;
  if (texts !== undefined) updateWith(hash, texts);
}

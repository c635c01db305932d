import type { Frame } from "../frame/frame.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { Readers } from "../run/column-reads.ts";
import type { FrameOrigin } from "../run/run-event.ts";
import type { StagedFrame } from "../store/publication.ts";
import { FrameMemory } from "./frame-memory.ts";

/** What a cell came to in one computation, to be used again; nobody can change it. */
export interface CellRecord {
  /** names the computation */
  readonly result: string;
  readonly value: unknown;
  readonly output: CellOutput;
  /** the whole frame that it shows */
  readonly shown?: Frame | undefined;
  /** name of the frame that it published or read */
  readonly frame?: string | undefined;
  /** of the frame that it read */
  readonly origin?: FrameOrigin | undefined;
  /** frames that it gave to be published, by name */
  readonly staged: ReadonlyMap<string, StagedFrame>;
  /** the columns of published frames that it read: name of the frame -> names of columns */
  readonly reads: Readers;
  /** the published frame whose columns its value has */
  readonly source?: string | undefined;
}

/** What is held under a key. */
export type Remembered =
  | CellRecord
  /** what the cell came to is under this key; `version`: under its own one with the version */
  | { readonly at: string | "version" }
  /** what the cell threw: it was run for a press, which is carried out once */
  | { readonly thrown: unknown };

/** How much memory it takes. */
export interface RememberedSize {
  /** without frames */
  readonly sizeBytes: number;
  readonly frames: readonly Frame[];
}

export interface CellMemoryOptions {
  /** about how much memory all of it may take */
  readonly limitBytes: number;
  /** 4,096 unless told */
  readonly limitEntries?: number;
  /** milliseconds; only the distance between two calls counts */
  readonly now?: () => number;
}

interface Entry extends RememberedSize {
  readonly remembered: Remembered;
  readonly untilMs: number;
}

const ENTRY_BYTES = 1_024;
/** So many cells that ran for presses are known of, each in some 100 bytes. */
const PRESSES_HELD = 100_000;

/**
 * What cells came to, by a key that stands for all that it hangs on, and by the id of the result;
 * what was used longest ago goes first when there is no room. It knows no project: whoever has its
 * key gets what was put there.
 */
export class CellMemory {
  readonly #limitBytes: number;
  readonly #limitEntries: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** result id -> its key */
  readonly #keys = new Map<string, string>();
  readonly #frames = new FrameMemory();
  readonly #pressed = new Set<string>();
  #plainBytes = 0;
  /** what is being computed now, by key: who needs the same waits for it */
  readonly going = new Map<string, Promise<unknown>>();

  constructor({
    limitBytes,
    limitEntries = 4_096,
    now = () => performance.now(),
  }: CellMemoryOptions) {
    this.#limitBytes = limitBytes;
    this.#limitEntries = limitEntries;
    this.#now = now;
  }

  get sizeBytes(): number {
    return this.#plainBytes + this.#frames.sizeBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What was put under a key. */
  take(key: string): Remembered | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.untilMs < this.#now()) {
      this.#drop(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.remembered;
  }

  /** The result of an id, whatever its key, also when it may not be recalled any more. */
  find(result: string): CellRecord | undefined {
    const key = this.#keys.get(result);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || entry === undefined || !isRecord(entry.remembered)) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.remembered;
  }

  /** Whether a cell was run for a press with this key, although what it came to may be forgotten. */
  wasPressed(key: string): boolean {
    return this.#pressed.has(key);
  }

  notePressed(key: string): void {
    this.#pressed.add(key);
    const [oldest] = this.#pressed;
    if (this.#pressed.size > PRESSES_HELD && oldest !== undefined) this.#pressed.delete(oldest);
  }

  /** @param keepMs for how long; as long as there is room unless told */
  put(
    key: string,
    remembered: Remembered,
    { sizeBytes, frames }: RememberedSize = { sizeBytes: 0, frames: [] },
    keepMs = Number.POSITIVE_INFINITY,
  ): void {
    this.#drop(key);
    const untilMs = this.#now() + keepMs;
    const entry: Entry = { remembered, sizeBytes: ENTRY_BYTES + sizeBytes, frames, untilMs };
    const beforeBytes = this.sizeBytes;
    this.#entries.set(key, entry);
    if (isRecord(remembered)) this.#keys.set(remembered.result, key);
    this.#count(entry, 1);
    // One that has no room by itself is not to drive out all others first.
    if (this.sizeBytes - beforeBytes > this.#limitBytes) this.#drop(key);
    for (const oldest of this.#entries.keys()) {
      if (this.sizeBytes <= this.#limitBytes && this.size <= this.#limitEntries) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const { remembered } = entry;
    if (isRecord(remembered) && this.#keys.get(remembered.result) === key) {
      this.#keys.delete(remembered.result);
    }
    this.#count(entry, -1);
  }

  #count({ sizeBytes, frames }: Entry, sign: 1 | -1): void {
    this.#plainBytes += sign * sizeBytes;
    for (const frame of frames) {
      if (sign === 1) this.#frames.add(frame);
      else this.#frames.remove(frame);
    }
  }
}

export function isRecord(remembered: Remembered | undefined): remembered is CellRecord {
  return typeof remembered === "object" && "result" in remembered;
}

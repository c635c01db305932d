import type { Frame } from "../../frame/frame.ts";
import type { StagedFrame } from "../../store/publication.ts";
import type { CellOutput } from "../cell-output.ts";
import type { Readers } from "../column-reads.ts";
import type { FrameOrigin } from "../freshness.ts";
import { FrameMemory } from "./frame-memory.ts";

/** What a cell came to, to be used again in another run; nobody can change it. */
export interface RememberedCell {
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
  /** stands for what it came to in the keys of the cells below */
  readonly key: string;
}

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
  /** absent where the cell reads published frames: then a version belongs to the key as well */
  readonly remembered?: RememberedCell;
  readonly untilMs: number;
}

const ENTRY_BYTES = 1_024;

/**
 * What cells came to, by a key that stands for all that it hangs on; what was used longest ago goes
 * first when there is no room. It knows no project: whoever has its key gets what was put there.
 */
export class CellMemory {
  readonly #limitBytes: number;
  readonly #limitEntries: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #frames = new FrameMemory();
  #plainBytes = 0;

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

  /**
   * What was put under a key; `versioned` when what the cell came to was put under this key with a
   * version.
   */
  take(key: string): RememberedCell | "versioned" | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (entry.untilMs < this.#now()) {
      this.#count(entry, -1);
      return undefined;
    }
    this.#entries.set(key, entry);
    return entry.remembered ?? "versioned";
  }

  /** @param keepMs for how long; as long as there is room unless told */
  put(
    key: string,
    remembered: RememberedCell | "versioned",
    { sizeBytes, frames }: RememberedSize = { sizeBytes: 0, frames: [] },
    keepMs = Number.POSITIVE_INFINITY,
  ): void {
    this.#drop(key);
    const untilMs = this.#now() + keepMs;
    const kept = remembered === "versioned" ? {} : { remembered };
    const entry: Entry = { ...kept, sizeBytes: ENTRY_BYTES + sizeBytes, frames, untilMs };
    const beforeBytes = this.sizeBytes;
    this.#entries.set(key, entry);
    this.#count(entry, 1);
    // One that has no room by itself is not to drive out all others first.
    if (this.sizeBytes - beforeBytes > this.#limitBytes) this.#drop(key);
    for (const oldest of this.#entries.keys()) {
      if (this.sizeBytes <= this.#limitBytes && this.size <= this.#limitEntries) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
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

import type { ProcessTree } from "./process-tree.ts";

/**
 * How often a tree's memory is looked at. Between two looks a thread can fill about a gigabyte, and
 * several threads more than that: a limit needs so much room below what the machine has.
 */
const STEP_MS = 250;

export interface MemoryWatchSpec {
  readonly tree: ProcessTree;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
  /** the system would not tell */
  readonly onFailed: (thrown: unknown) => void;
}

/** Looks at a tree's memory until it is stopped or has seen too much. */
export class MemoryWatch {
  readonly #spec: MemoryWatchSpec;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #peakBytes = 0;

  constructor(spec: MemoryWatchSpec) {
    this.#spec = spec;
    // Not at once: the task is on its way first.
    this.#timer = setTimeout(() => this.#look(), 0);
  }

  /** The most that was seen so far. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    const { tree, onFailed } = this.#spec;
    tree.measure().then((bytes) => this.#judge(bytes), onFailed);
  }

  #judge(bytes: number): void {
    const { limitBytes, onExceeded } = this.#spec;
    if (this.#isOver) return;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (bytes > limitBytes) onExceeded();
    else this.#timer = setTimeout(() => this.#look(), STEP_MS);
  }
}

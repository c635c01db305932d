import type { ProcessTree } from "./process-tree.ts";

/**
 * How often a tree's memory is looked at. Between two looks a thread can fill about a gigabyte, and
 * several threads more than that: a limit needs so much room below what the machine has.
 */
const STEP_MS = 250;
/**
 * A tree that could not be looked at for so long must not go on: nobody knows what it takes. Until
 * then it may be that this process only has too many files open for a moment.
 */
const BLIND_LIMIT_MS = 10_000;

export interface MemoryWatchSpec {
  readonly tree: ProcessTree;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
  /** the system would not tell, for ten seconds; nothing is looked at any more */
  readonly onBlind: (thrown: unknown) => void;
}

/** Looks at a tree's memory until it is stopped or has seen too much. */
export class MemoryWatch {
  readonly #spec: MemoryWatchSpec;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #peakBytes = 0;
  /** since when nothing could be seen */
  #blindSinceMs: number | undefined;

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
    this.#spec.tree.measure().then(
      (bytes) => this.#judge(bytes),
      (thrown: unknown) => this.#bear(thrown),
    );
  }

  /** Looks again after a pause, as long as that may help. */
  #bear(thrown: unknown): void {
    if (this.#isOver) return;
    const nowMs = performance.now();
    this.#blindSinceMs ??= nowMs;
    if (nowMs - this.#blindSinceMs >= BLIND_LIMIT_MS) this.#spec.onBlind(thrown);
    else this.#plan();
  }

  #judge(bytes: number): void {
    const { limitBytes, onExceeded } = this.#spec;
    if (this.#isOver) return;
    this.#blindSinceMs = undefined;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (bytes > limitBytes) onExceeded();
    else this.#plan();
  }

  #plan(): void {
    this.#timer = setTimeout(() => this.#look(), STEP_MS);
  }
}

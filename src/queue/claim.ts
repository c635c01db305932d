import { expectation, type HexError } from "../errors.ts";
import { orAborted } from "../or-aborted.ts";
import { shorten } from "../text.ts";
import {
  type Attempts,
  type Claim,
  type ClaimOptions,
  type ClaimState,
  type EndAnswer,
  type Job,
  toBackoffMs,
} from "./queue.ts";
import { type JobRecord, toJob, toProgressText } from "./stored-job.ts";

/** A job that was taken; its number tells the claim from all others of the job. */
export interface TakenJob {
  readonly job: Job;
  readonly number: number;
}

/** The job in the record of a claim. */
export function toTaken(record: JobRecord): TakenJob {
  return { job: toJob(record), number: Number(record["claims"]) };
}

export type TakeOptions = Omit<ClaimOptions, "signal">;

/** How an attempt ends, unless its job was cancelled meanwhile. */
export interface Ending {
  readonly next: "finished" | "queued" | "dead";
  readonly cause?: string;
  readonly pauseMs?: number;
  /** how many attempts of those counted were none */
  readonly uncounted?: number;
}

/** The moves of a claim, as a queue makes them. */
export interface ClaimMoves extends Pick<Claim, "asked"> {
  renew(): ClaimState | Promise<ClaimState>;
  progress(text: string): unknown;
  end(ending: Ending): Promise<EndAnswer>;
}

/** How long a cause is kept at most, in characters: it is a sentence, not a log. */
const CAUSE_LENGTH = 2_000;

export function toClaim(taken: TakenJob, attempts: Attempts, moves: ClaimMoves): Claim {
  const { job } = taken;
  return {
    ...taken,
    asked: moves.asked,
    renew: async () => moves.renew(),
    progress: async (progress) => {
      await moves.progress(toProgressText(progress, job.id));
    },
    finish: () => moves.end({ next: "finished" }),
    fail: (cause) =>
      moves.end({
        next: job.attempts >= attempts.most ? "dead" : "queued",
        pauseMs: toBackoffMs(job.attempts, attempts),
        cause: shorten(cause, CAUSE_LENGTH),
      }),
    handBack: () => moves.end({ next: "queued", uncounted: 1 }),
  };
}

/** The claims that this process holds, each to be told when somebody asks it to stop. */
export class HeldClaims {
  readonly #held = new Map<TakenJob, AbortController>();

  get all(): readonly TakenJob[] {
    return [...this.#held.keys()];
  }

  /** Aborted once its claim is asked to stop. */
  hold(taken: TakenJob): AbortSignal {
    const asked = new AbortController();
    this.#held.set(taken, asked);
    return asked.signal;
  }

  /** The claim has ended. */
  drop(taken: TakenJob): void {
    this.#held.delete(taken);
  }

  /** Tells all claims to which this applies. */
  ask(isAsked: (taken: TakenJob) => boolean): void {
    for (const [taken, asked] of this.#held) {
      if (!isAsked(taken)) continue;
      this.#held.delete(taken);
      asked.abort();
    }
  }
}

/** Why an attempt counts as failed that was never ended by its worker. */
export function lostLeaseCause(worker: string): string {
  return `The lease of ${worker} ran out: it ended, hung or lost its connection`;
}

/** Why an attempt counts as failed whose process is no more. */
export function goneCause(worker: string): string {
  return `The process ${worker} is gone: it crashed or was killed`;
}

/**
 * Where claims wait for jobs: they look at each wake-up, and every `pollMs` in between, for a
 * wake-up may get lost and a pause may end without one.
 */
export class ClaimWait {
  readonly #location: string;
  readonly #pollMs: number;
  readonly #closing = new AbortController();
  readonly #sleepers = new Set<() => void>();
  #wakes = 0;

  constructor(location: string, pollMs: number) {
    this.#location = location;
    this.#pollMs = pollMs;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborts when the queue is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Something may have changed: claims that wait look again. */
  wake(): void {
    this.#wakes += 1;
    for (const sleeper of [...this.#sleepers]) sleeper();
  }

  /** Ends all waits; from now on they throw. */
  close(): void {
    this.#closing.abort(closedError(this.#location));
  }

  /** @throws {HexError} HEX_QUEUE_UNAVAILABLE once it is closed */
  throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }

  /**
   * The result of the first look that finds something. When the wait ends first, its last look may
   * still be under way: it must then keep nothing.
   */
  async untilFound<T>(
    look: () => T | undefined | Promise<T | undefined>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const over = AbortSignal.any(signal ? [signal, this.closing] : [this.closing]);
    for (;;) {
      over.throwIfAborted();
      const wakes = this.#wakes;
      const found = await orAborted(Promise.resolve(look()), over);
      if (found !== undefined) return found;
      // Woken during the look, it may have looked too early.
      if (wakes === this.#wakes) await this.#sleep(over);
    }
  }

  #sleep(over: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#sleepers.delete(end);
        over.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, this.#pollMs);
      this.#sleepers.add(end);
      over.addEventListener("abort", end);
    });
  }
}

function closedError(location: string): HexError {
  return expectation("HEX_QUEUE_UNAVAILABLE", {
    place: `the queue ${location}`,
    expected: "open",
    got: "one that this process has closed",
  });
}

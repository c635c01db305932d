import { HexError } from "../errors.ts";
import { HeldLease, type HeldLeaseOptions } from "./asked-lease.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { runPartsQueued } from "./run-parts-queued.ts";
import { CALLS } from "./run-task.ts";

export interface ProcessCallsOptions extends Omit<HeldLeaseOptions, "store" | "leaseTimes"> {
  /** told how many parts of a frame have ended */
  readonly onPartsEnded: (frame: string, ended: number) => void;
}

/** What a run process asks of its worker, until that process is no more. */
export class ProcessCalls {
  readonly #runs: ProjectRuns;
  readonly #options: ProcessCallsOptions;
  readonly #lease: HeldLease;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(runs: ProjectRuns, options: ProcessCallsOptions) {
    this.#runs = runs;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
    const { store, leaseMs } = runs;
    const leaseTimes = { ttlMs: leaseMs };
    this.#lease = new HeldLease({ ...options, store, leaseTimes, signal: this.#signal });
  }

  readonly answer = async (name: string, payload: unknown): Promise<unknown> => {
    const answering = this.#answer(name, payload);
    this.#pending.add(answering);
    try {
      return await answering;
    } finally {
      this.#pending.delete(answering);
    }
  };

  /** Leaves nothing behind of what a process asked for that is gone: no lease, no parts. */
  async close(): Promise<void> {
    this.#ended.abort(new HexError("HEX_CANCELLED", "the run's process has ended"));
    await Promise.allSettled(this.#pending);
    await this.#lease.release();
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    switch (name) {
      case CALLS.takeLease:
        return this.#lease.take((payload as { readonly afterFence: number }).afterFence);
      case CALLS.releaseLease:
        return this.#lease.release();
      case CALLS.runParts:
        return runPartsQueued(this.#runs, payload, {
          signal: this.#signal,
          onEnded: this.#options.onPartsEnded,
        });
      default:
        throw new HexError("HEX_JOB_INVALID", `Expected a call that a worker knows, got ${name}`);
    }
  }
}

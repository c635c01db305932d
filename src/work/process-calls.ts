import { HexError } from "../errors.ts";
import { HeldLease, type HeldLeaseOptions } from "./asked-lease.ts";
import { CALLS } from "./run-task.ts";

export interface ProcessCallsOptions extends HeldLeaseOptions {
  /** has the parts computed that the process asks for */
  readonly runParts: (payload: unknown, signal: AbortSignal) => Promise<void>;
}

/** What a run process asks of its parent, until that process is no more. */
export class ProcessCalls {
  readonly #runParts: ProcessCallsOptions["runParts"];
  readonly #lease: HeldLease;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pending = new Set<Promise<unknown>>();

  constructor({ runParts, ...lease }: ProcessCallsOptions) {
    this.#runParts = runParts;
    this.#signal = AbortSignal.any([lease.signal, this.#ended.signal]);
    this.#lease = new HeldLease({ ...lease, signal: this.#signal });
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
        return this.#runParts(payload, this.#signal);
      default:
        throw new HexError("HEX_JOB_INVALID", `Expected a call that its parent knows, got ${name}`);
    }
  }
}

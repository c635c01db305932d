import { HexError } from "../errors.ts";
import type { PartsRequest } from "../run/parts/join-parts.ts";
import type { ProcessEnding } from "../run/process/process-ending.ts";
import type { ProcessHooks, RunProcess } from "../run/process/run-process.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { TakeLease } from "../run/run-work.ts";
import {
  acquireLease,
  type Lease,
  type LeaseOptions,
  type LeaseRun,
} from "../store/lease/lease.ts";
import type { Store } from "../store/store.ts";
import { CALLS, NOTES, type PartTask, type RunTask } from "./run-task.ts";

/*
 * Calls of a run process to its parent: for the lease, which the parent renews while a cell keeps the
 * process busy, and for the parts of cells.
 */

/** Parts of a cell that a run process requests of its parent. */
export type RequestedParts = PartsRequest & Pick<PartTask, "context">;

interface ProcessCallsOptions {
  readonly store: Store;
  /** the holder of the lease, as `user@host:pid` */
  readonly holder: string;
  /** how long others wait for a holder that does not renew it; by default 10 s */
  readonly leaseTimes?: Pick<LeaseOptions, "ttlMs"> | undefined;
  readonly run: LeaseRun;
  /** ends the wait for the lease and for parts */
  readonly signal: AbortSignal;
  /** called with a line for the run's log */
  readonly log: (line: string) => void;
  /** sends the process a note */
  readonly note: RunProcess["note"];
  /** has parts of a cell computed */
  readonly runParts: (parts: RequestedParts) => Promise<void>;
}

/** Answers the calls of one run process, until that process has ended. */
export class ProcessCalls {
  readonly #options: ProcessCallsOptions;
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pending = new Set<Promise<unknown>>();
  #lease: Lease | undefined;

  constructor(options: ProcessCallsOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
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

  /** Gives up the lease and the parts of a process that has ended. */
  async close(): Promise<void> {
    this.#ended.abort(new HexError("HEX_CANCELLED", "the run's process has ended"));
    await Promise.allSettled(this.#pending);
    await this.#releaseLease();
  }

  async #answer(name: string, payload: unknown): Promise<unknown> {
    switch (name) {
      case CALLS.takeLease:
        return this.#takeLease((payload as { readonly afterFence: number }).afterFence);
      case CALLS.releaseLease:
        return this.#releaseLease();
      case CALLS.runParts:
        return this.#runParts(payload as Omit<RequestedParts, "signal" | "onEnded">);
      default:
        throw new HexError("HEX_JOB_INVALID", `Expected a call that its parent knows, got ${name}`);
    }
  }

  async #takeLease(afterFence: number): Promise<number> {
    const { store, holder, run, leaseTimes, log, note } = this.#options;
    const lease = await acquireLease(store, {
      ...leaseTimes,
      ...{ holder, run, afterFence, signal: this.#signal },
      onWaiting: (other) => log(`waiting for ${other}, which computes this project`),
    });
    this.#lease = lease;
    lease.lost.addEventListener("abort", () => {
      const { reason }: { reason: unknown } = lease.lost;
      note(NOTES.leaseLost, reason instanceof HexError ? reason.message : "the lease was lost");
    });
    return lease.fence;
  }

  async #releaseLease(): Promise<void> {
    await this.#lease?.release();
    this.#lease = undefined;
  }

  #runParts(parts: Omit<RequestedParts, "signal" | "onEnded">): Promise<void> {
    const { frame } = parts;
    const onEnded = (ended: number) => this.#options.note(NOTES.partsEnded, { frame, ended });
    return this.#options.runParts({ ...parts, signal: this.#signal, onEnded });
  }
}

interface RunTaskOptions
  extends Omit<ProcessCallsOptions, "run" | "note" | "log">,
    Pick<ProcessHooks, "deadlineMs" | "redactLine" | "onEvent"> {
  /** called with a line for the run's log; without stream it is not the process's own */
  readonly log: (line: string, stream?: "stdout" | "stderr") => void;
  /** called while the lease of the ended process is still held */
  readonly onEnding?: (ending: ProcessEnding) => Promise<void>;
}

/** Runs a run's task in a process, and answers its calls until it has ended. */
export async function runTask(
  child: RunProcess,
  task: RunTask,
  options: RunTaskOptions,
): Promise<ProcessEnding> {
  const { log } = options;
  const calls = new ProcessCalls({
    ...options,
    run: { id: task.runId, attempt: task.attempt },
    note: (name, payload) => child.note(name, payload),
  });
  try {
    const ending = await child.run(task, {
      ...options,
      onLine: (stream, line) => log(line, stream),
      onCall: calls.answer,
    });
    await options.onEnding?.(ending);
    return ending;
  } finally {
    await calls.close();
  }
}

/** Acquires the lease from within a run process, whose parent holds it. */
export function acquireRemoteLease(parent: Parent): TakeLease {
  return async ({ afterFence }) => {
    const lost = new AbortController();
    parent.onNote(NOTES.leaseLost, (message) =>
      lost.abort(new HexError("HEX_RUN_SUPERSEDED", String(message))),
    );
    const fence = (await parent.call(CALLS.takeLease, { afterFence })) as number;
    const release = async () => {
      await parent.call(CALLS.releaseLease, {});
    };
    return { fence, lost: lost.signal, release };
  };
}

import { HexError } from "../errors.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { RunLease, TakeLease } from "../run/run-work.ts";
import {
  acquireLease,
  type Lease,
  type LeaseOptions,
  type LeaseRun,
} from "../store/lease/lease.ts";
import type { Store } from "../store/store.ts";
import { CALLS, NOTES } from "./run-task.ts";

/**
 * The lease of a run process is held by its parent, which goes on renewing it while a cell keeps the
 * process busy. Here is the process's side.
 */
export function askForLease(parent: Parent): TakeLease {
  return async ({ afterFence }) => {
    const lost = new AbortController();
    parent.onNote(NOTES.leaseLost, (message) =>
      lost.abort(new HexError("HEX_RUN_SUPERSEDED", String(message))),
    );
    const fence = (await parent.call(CALLS.takeLease, { afterFence })) as number;
    const release = async () => {
      await parent.call(CALLS.releaseLease, {});
    };
    return { fence, lost: lost.signal, release } satisfies RunLease;
  };
}

export interface HeldLeaseOptions {
  readonly store: Store;
  /** who holds it, for others to read */
  readonly holder: string;
  /** what it is held for */
  readonly run: LeaseRun;
  /** for how long others wait when this process no longer answers; by default 10 s */
  readonly leaseTimes?: Pick<LeaseOptions, "ttlMs"> | undefined;
  /** ends the wait for it */
  readonly signal: AbortSignal;
  readonly onWaiting: (holder: string) => void;
  readonly onLost: (message: string) => void;
}

/** The parent's side: the lease of at most one run process. */
export class HeldLease {
  readonly #options: HeldLeaseOptions;
  #lease: Lease | undefined;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
  }

  /** Waits for the lease, and gives its fence. */
  async take(afterFence: number): Promise<number> {
    const { store, holder, run, leaseTimes, signal, onWaiting, onLost } = this.#options;
    const lease = await acquireLease(store, {
      ...leaseTimes,
      holder,
      run,
      signal,
      onWaiting,
      afterFence,
    });
    this.#lease = lease;
    lease.lost.addEventListener("abort", () => {
      const { reason }: { reason: unknown } = lease.lost;
      onLost(reason instanceof HexError ? reason.message : "the lease was lost");
    });
    return lease.fence;
  }

  /** Lets the next one in; does nothing when nothing is held. */
  async release(): Promise<void> {
    await this.#lease?.release();
    this.#lease = undefined;
  }
}

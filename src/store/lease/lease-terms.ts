import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { BEAT_MS, identifyProcess, isProcessGone, SILENCE_MS } from "../holder.ts";
import { sealManifest } from "../manifest/swap-manifest.ts";
import type { Store } from "../store.ts";

/** What a lease needs of a store. */
export type LeaseStore = Pick<Store, "location" | "read" | "write" | "witness">;

/** One attempt at a run. */
export interface LeaseRun {
  readonly id: string;
  readonly attempt: number;
}

/** Waits; a wait that is not `ref` does not keep the process alive. Rejects once aborted. */
export type Sleep = (
  ms: number,
  options: { readonly signal?: AbortSignal | undefined; readonly ref?: boolean },
) => Promise<unknown>;

export interface LeaseOptions {
  /** who asks, as `user@host:pid`, for others to read */
  readonly holder: string;
  /** what it is held for: a later attempt at the same run need not wait for an earlier one */
  readonly run?: LeaseRun | undefined;
  /** how long others must see no new write before they may take over; defaults to 10 s */
  readonly ttlMs?: number;
  /** how often the lease is renewed; defaults to a fifth of `ttlMs` */
  readonly renewMs?: number;
  /** how long a store may be silent until the holder gives up; defaults to three times `ttlMs` */
  readonly patienceMs?: number;
  /** ends the waiting for the lease, not the lease itself */
  readonly signal?: AbortSignal | undefined;
  /** a fence that was published already: ours is above it, even if the lease's object was removed */
  readonly afterFence?: number;
  /** told who holds the lease, once for each holder that we wait for */
  readonly onWaiting?: ((holder: string) => void) | undefined;
  /** milliseconds on a clock that never goes back; never compared with another machine's */
  readonly clock?: () => number;
  readonly sleep?: Sleep;
  /** from 0 up to 1, to spread the polling of many */
  readonly random?: () => number;
  /** a text that no other acquisition ever gets */
  readonly randomId?: () => string;
  /** this process, as others can prove it gone */
  readonly process?: string;
  /** whether a process is certain to be no more */
  readonly isGone?: (process: string) => boolean;
  /** makes sure that a holder which is passed publishes nothing any more */
  readonly seal?: (store: LeaseStore, fence: number) => Promise<void>;
}

/** The options with every default filled in. */
export interface LeaseTerms extends Required<Omit<LeaseOptions, "signal" | "onWaiting" | "run">> {
  readonly run: LeaseRun | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onWaiting: (holder: string) => void;
}

export function toLeaseTerms({
  holder,
  run,
  ttlMs = SILENCE_MS,
  renewMs = (ttlMs * BEAT_MS) / SILENCE_MS,
  patienceMs = 3 * ttlMs,
  signal,
  afterFence = 0,
  onWaiting = () => {},
  clock = () => performance.now(),
  sleep = (ms, options) => wait(ms, undefined, options),
  random = Math.random,
  randomId = randomUUID,
  process = identifyProcess(),
  isGone = isProcessGone,
  seal = (store, fence) => sealManifest(store, { fence, sleep, random }),
}: LeaseOptions): LeaseTerms {
  const times = { ttlMs, renewMs, patienceMs, clock, sleep, random };
  const who = { holder, run, process, isGone };
  return { ...who, signal, afterFence, onWaiting, randomId, seal, ...times };
}

import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Store } from "../store.ts";

/** What a lease needs of a store. */
export type LeaseStore = Pick<Store, "location" | "read" | "write">;

/** Waits; a wait that is not `ref` does not keep the process alive. Rejects once aborted. */
export type Sleep = (
  ms: number,
  options: { readonly signal?: AbortSignal | undefined; readonly ref?: boolean },
) => Promise<unknown>;

export interface LeaseOptions {
  /** who asks, as `user@host:pid`, for others to read */
  readonly holder: string;
  /** how long others must see no new write before they may take over; defaults to 30 s */
  readonly ttlMs?: number;
  /** how often the lease is renewed; defaults to a third of `ttlMs` */
  readonly renewMs?: number;
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
}

/** The options with every default filled in. */
export interface LeaseTerms extends Required<Omit<LeaseOptions, "signal" | "onWaiting">> {
  readonly signal: AbortSignal | undefined;
  readonly onWaiting: (holder: string) => void;
}

export function toLeaseTerms({
  holder,
  ttlMs = 30_000,
  renewMs = ttlMs / 3,
  signal,
  afterFence = 0,
  onWaiting = () => {},
  clock = () => performance.now(),
  sleep = (ms, options) => wait(ms, undefined, options),
  random = Math.random,
  randomId = randomUUID,
}: LeaseOptions): LeaseTerms {
  const times = { ttlMs, renewMs, clock, sleep, random };
  return { holder, signal, afterFence, onWaiting, randomId, ...times };
}

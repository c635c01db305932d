import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import * as v from "valibot";
import { DocumentKind, ordinal, wordSchema } from "../document.ts";
import { BEAT_MS, identifyProcess, isProcessGone, SILENCE_MS } from "../holder.ts";
import { sealManifest } from "../manifest/swap-manifest.ts";
import type { Store } from "../store.ts";

/** The part of a store that a lease needs. */
export type LeaseStore = Pick<Store, "location" | "read" | "write" | "marker">;

/** One attempt at a run. */
export interface LeaseRun {
  readonly id: string;
  readonly attempt: number;
}

/** Waits; a wait that is not `ref` does not keep the process alive. Rejects once aborted. @internal */
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

/** The key of the one small object that says who computes the cached cells. */
export const LEASE_KEY = ".hex/lease.json";

/** The newest format of the lease that this code reads and writes. */
const FORMAT = 1;

const HOLDER_MAX_LENGTH = 100;

const LeaseRecord = v.object({
  format: v.literal(FORMAT, `${FORMAT}`),
  state: v.picklist(["held", "released"], "held or released"),
  /** the fence: rises by one with every acquisition, and outlives every release */
  generation: ordinal,
  /** who holds or held it, as `user@host:pid`; for people, nothing is decided by it */
  holder: v.pipe(v.string("a text"), v.transform(toPrintable)),
  /** the process that holds it, by which its death can be proven; older builds tell none */
  process: v.optional(v.string("a text")),
  /** the run that it is held for, and which attempt at it */
  run: v.optional(v.object({ id: wordSchema, attempt: ordinal })),
  /** names one acquisition */
  leaseId: wordSchema,
  /** counts the writes of that acquisition: no two contents are equal, so no ETag comes back */
  write: ordinal,
  /** how long others must see no new write before they may take over */
  ttlMs: v.pipe(v.number("a number"), v.finite("a finite number"), v.minValue(1, "1 or more")),
});

/** The content of the lease's object. */
export type LeaseRecord = Readonly<v.InferOutput<typeof LeaseRecord>>;

/** The kind of document that says who holds the lease of a store. */
export const leaseRecords = new DocumentKind({
  schema: LeaseRecord,
  format: FORMAT,
  indent: 2,
  cure: "it was changed by something else: remove it while no run is under way",
});

/** A writer of the object must not be able to write on our terminal. */
function toPrintable(holder: string): string {
  return holder.replace(/[^\x20-\x7e]/g, "?").slice(0, HOLDER_MAX_LENGTH);
}

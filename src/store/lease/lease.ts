import { isUnavailable, refusedCondition } from "../change-document.ts";
import type { DocumentAt, StoredDocument } from "../document.ts";
import { Lease, type TakenLease } from "./lease-holding.ts";
import {
  LEASE_KEY,
  type LeaseOptions,
  type LeaseRecord,
  type LeaseStore,
  type LeaseTerms,
  leaseRecords,
  toLeaseTerms,
} from "./lease-terms.ts";
import { untilTurn } from "./lease-turns.ts";

export type { Lease } from "./lease-holding.ts";
export type { LeaseOptions, LeaseRun } from "./lease-terms.ts";

/** The lease, or who holds it. @internal */
export type LeaseAnswer =
  | { readonly status: "acquired"; readonly lease: Lease }
  | { readonly status: "held"; readonly holder: string };

/**
 * Takes the lease of a project, waiting for as long as somebody else holds it. A holder is passed when
 * its process is proven to be gone, when an earlier attempt at the same run was begun by it, or when
 * nothing was written for its TTL, as seen on our own clock; it is fenced before this returns.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED when the lease's object is not one
 */
export async function acquireLease(store: LeaseStore, options: LeaseOptions): Promise<Lease> {
  const terms = toLeaseTerms(options);
  const claim = new LeaseClaim(store, terms);
  let waitingFor: string | undefined;
  for (;;) {
    const answer = await claim.ask();
    if (answer.status === "taken") {
      const lease = await toLease(store, terms, answer);
      if (!terms.signal?.aborted) return lease;
      await lease.release();
      throw terms.signal.reason;
    }
    const { leaseId, holder } = answer.by;
    if (leaseId !== waitingFor) terms.onWaiting(holder);
    waitingFor = leaseId;
    await untilTurn(store, (turn) => claim.pause(turn));
  }
}

/**
 * Takes the lease if it is free, and else tells at once who holds it. One whose holder may have died
 * counts as held: only waiting shows that.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED when the lease's object is not one
 * @internal
 */
export async function tryAcquireLease(
  store: LeaseStore,
  options: LeaseOptions,
): Promise<LeaseAnswer> {
  const terms = toLeaseTerms(options);
  const claim = new LeaseClaim(store, terms);
  const answer = await claim.ask();
  if (answer.status === "held") return { status: "held", holder: answer.by.holder };
  return { status: "acquired", lease: await toLease(store, terms, answer) };
}

/** Holds a lease that was taken; a holder that was passed for it can publish nothing any more. */
async function toLease(store: LeaseStore, terms: LeaseTerms, taken: TakenLease): Promise<Lease> {
  const lease = new Lease(store, terms, taken);
  if (!taken.isPassed) return lease;
  try {
    await terms.seal(store, lease.fence);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

type ClaimAnswer = TakenLease | { readonly status: "held"; readonly by: LeaseRecord };

const FAILURES_ALLOWED = 3;

/**
 * One caller's attempts to take the lease. What it finds there:
 * - nothing, or a lease that was released: taken
 * - a lease whose ETag stayed the same for its TTL, on our clock: passed
 * - that of a process which is proven to be gone, or of an earlier attempt at our run: passed
 * - our own lease, from a write whose answer never came: taken
 * - any other: held
 */
class LeaseClaim {
  readonly #document: DocumentAt<LeaseRecord>;
  readonly #terms: LeaseTerms;
  readonly #leaseId: string;
  #writes = 0;
  #hasReached = false;
  #isPassed = false;
  #seen: { readonly etag: string; readonly since: number } | undefined;

  constructor(store: LeaseStore, terms: LeaseTerms) {
    this.#document = leaseRecords.at(store, LEASE_KEY);
    this.#terms = terms;
    this.#leaseId = terms.randomId();
  }

  /** Asks once. A store that answered before may fail twice in a row. */
  async ask(): Promise<ClaimAnswer> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#askOnce();
      } catch (error) {
        this.#terms.signal?.throwIfAborted();
        // While the store says nothing, a holder that lives is not heard of either.
        this.#seen = undefined;
        if (!isUnavailable(error) || !this.#hasReached || failures >= FAILURES_ALLOWED) throw error;
      }
      await this.pause();
    }
  }

  /** Waits a little, not exactly as long as others do. */
  async pause(turn?: AbortSignal): Promise<void> {
    const { ttlMs, sleep, random, signal } = this.#terms;
    const ends = [signal, turn].filter((end) => end !== undefined);
    try {
      await sleep(Math.min(1_000, ttlMs / 10) * (0.5 + random()), {
        signal: AbortSignal.any(ends),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  async #askOnce(): Promise<ClaimAnswer> {
    let refused: string | undefined;
    for (;;) {
      const { stored, unchangedMs } = await this.#look();
      const found = stored?.etag ?? "nothing";
      if (found === refused) throw refusedCondition(this.#document.location);
      if (stored !== undefined && !this.#isFree(stored.value, unchangedMs)) {
        return { status: "held", by: stored.value };
      }
      const taken = await this.#take(stored);
      if (taken !== undefined) return taken;
      // Somebody else was faster: the next look shows who.
      refused = found;
    }
  }

  /** Reads the lease, and tells for how long it has been seen unchanged. */
  async #look() {
    const { clock, signal } = this.#terms;
    const askedAt = clock();
    const stored = await this.#document.read({ signal });
    this.#hasReached = true;
    if (stored === undefined) return { stored, unchangedMs: 0 };
    // It may have been written just before the answer left, but was there when we asked again.
    if (this.#seen?.etag !== stored.etag) this.#seen = { etag: stored.etag, since: clock() };
    return { stored, unchangedMs: askedAt - this.#seen.since };
  }

  #isFree(found: LeaseRecord, unchangedMs: number): boolean {
    const { state, leaseId, ttlMs, process = "" } = found;
    if (state === "released" || leaseId === this.#leaseId || unchangedMs >= ttlMs) return true;
    return this.#terms.isGone(process) || this.#isEarlierAttempt(found);
  }

  /** Whoever begins an attempt at a run has the word of its queue that the one before has ended. */
  #isEarlierAttempt({ run }: LeaseRecord): boolean {
    const own = this.#terms.run;
    return own !== undefined && run?.id === own.id && run.attempt < own.attempt;
  }

  async #take(stored: StoredDocument<LeaseRecord> | undefined): Promise<TakenLease | undefined> {
    const found = stored?.value;
    const { afterFence, holder, process, run, ttlMs, clock } = this.#terms;
    const isOurs = found?.leaseId === this.#leaseId;
    this.#isPassed ||= found?.state === "held" && !isOurs;
    const record: LeaseRecord = {
      format: 1,
      state: "held",
      generation: isOurs ? found.generation : Math.max(found?.generation ?? 0, afterFence) + 1,
      holder,
      process,
      run,
      leaseId: this.#leaseId,
      write: ++this.#writes,
      ttlMs,
    };
    const writtenAt = clock();
    // Not ended by the signal: a lease taken by nobody would make others wait for its TTL.
    const result = await this.#document.write(record, {
      condition: stored === undefined ? { ifNoneMatch: "*" } : { ifMatch: stored.etag },
    });
    if (result.status === "conflict") return undefined;
    return { status: "taken", record, etag: result.etag, writtenAt, isPassed: this.#isPassed };
  }
}

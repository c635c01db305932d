import { isUnavailable, refusedCondition } from "../change-document.ts";
import type { DocumentAt, StoredDocument } from "../document.ts";
import { LEASE_KEY, type LeaseRecord, leaseRecords } from "./lease-record.ts";
import type { LeaseStore, LeaseTerms } from "./lease-terms.ts";

/** A lease that was just written as ours. */
export interface TakenLease {
  readonly status: "taken";
  readonly record: LeaseRecord;
  readonly etag: string;
  /** when the write began, on our clock */
  readonly writtenAt: number;
  /** whether somebody held it who had not released it */
  readonly isPassed: boolean;
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
export class LeaseClaim {
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
  async pause(): Promise<void> {
    const { ttlMs, sleep, random, signal } = this.#terms;
    try {
      await sleep(Math.min(1_000, ttlMs / 10) * (0.5 + random()), { signal });
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

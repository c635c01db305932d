import { expectation, HexError, toMessage } from "../../errors.ts";
import { refusedCondition } from "../change-document.ts";
import type { DocumentAt } from "../document.ts";
import type { StoreOptions } from "../store.ts";
import {
  LEASE_KEY,
  type LeaseRecord,
  type LeaseStore,
  type LeaseTerms,
  leaseRecords,
} from "./lease-terms.ts";
import { letNextIn } from "./lease-turns.ts";

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

const FAILURES_ALLOWED = 3;

/*
 * Moves of a held lease:
 *
 *   renew    compare-and-set on our own last ETag, however late, since only a new holder changes it
 *   unknown  an answer did not come: asked again, and if the write had taken place we find our own
 *            record and go on from there
 *   lost     another's record is there; or renewals failed until our patience was over: a store
 *            that is away for a moment costs no work, since whoever takes over fences us first
 *   released rewritten, never deleted, so that the fence goes on rising
 */
/**
 * The right to compute the cached cells of a project, held until it is released or lost.
 *
 * It saves work and protects nothing by itself: a holder that was stopped for longer than the TTL
 * may compute beside the next one. Whatever it publishes must carry the fence, and be refused below
 * the newest fence that was published.
 */
export class Lease {
  /** above that of every earlier holder */
  readonly fence: number;
  readonly #store: LeaseStore;
  readonly #place: string;
  readonly #terms: LeaseTerms;
  readonly #writer: LeaseWriter;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #request: AbortController | undefined;
  #releasing: Promise<void> | undefined;

  constructor(store: LeaseStore, terms: LeaseTerms, taken: TakenLease) {
    this.fence = taken.record.generation;
    this.#store = store;
    this.#place = `the lease \`${LEASE_KEY}\` in ${store.location}`;
    this.#terms = terms;
    this.#writer = new LeaseWriter(store, terms.clock, taken);
    void this.#keep();
  }

  /** aborted with HEX_RUN_SUPERSEDED once somebody else took over, or the store was silent too long */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Renews the lease now. True: nobody took over until the call, nor does for the TTL after it. */
  stillHeld(): Promise<boolean> {
    // In turn: a renewal under way may have been written before somebody else took over.
    return this.#inTurn(() => this.#renew(true));
  }

  /** Lets the next one in. A store that does not answer is no failure: the lease then runs out. */
  release(): Promise<void> {
    this.#end();
    this.#releasing ??= this.#inTurn(() => this.#giveBack()).finally(() => letNextIn(this.#store));
    return this.#releasing;
  }

  /** Renews for as long as the lease is held, without keeping the process alive. */
  async #keep(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#pause(this.#terms.renewMs, false);
      await this.#inTurn(() => this.#renew(false));
    }
  }

  /** Repeats a renewal until it is known whether the lease is ours. */
  async #renew(ref: boolean): Promise<boolean> {
    const { patienceMs, renewMs } = this.#terms;
    for (let failures = 1; !this.#ended.signal.aborted; failures++) {
      try {
        const other = await this.#limited((signal) => this.#writer.write("held", { signal }));
        return other === undefined || this.#lose(other);
      } catch (error) {
        const isOver = this.#writer.silentMs >= patienceMs;
        if (isOver && failures >= FAILURES_ALLOWED) {
          return this.#lose(`no renewal for ${patienceMs / 1000} s: ${toMessage(error)}`, error);
        }
      }
      await this.#pause(renewMs / 4, ref);
    }
    return false;
  }

  async #giveBack(): Promise<void> {
    for (let failures = 0; failures < FAILURES_ALLOWED; failures++) {
      try {
        await this.#limited((signal) => this.#writer.write("released", { signal }));
        return;
      } catch (error) {
        // What the run published stands; others wait for the TTL at worst.
        if (!(error instanceof HexError)) throw error;
      }
      await this.#terms.sleep(this.#terms.renewMs / 20, {});
    }
  }

  #lose(got: string, cause?: unknown): false {
    if (this.#ended.signal.aborted) return false;
    this.#end();
    const told = {
      place: this.#place,
      expected: "held until this run had published",
      got,
      hint: "start it again, or use what the other run publishes",
    };
    this.#lost.abort(expectation("HEX_RUN_SUPERSEDED", told, { cause }));
    return false;
  }

  #end(): void {
    this.#ended.abort();
    this.#request?.abort(this.#ended.signal.reason);
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(action);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Does one request, but not for so long that a silent store would use up the TTL. */
  async #limited<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { sleep, ttlMs } = this.#terms;
    const request = new AbortController();
    const done = new AbortController();
    const late = new HexError("HEX_STORE_UNAVAILABLE", "the store did not answer in time");
    this.#request = request;
    void sleep(ttlMs / 3, { signal: done.signal, ref: false }).then(
      () => request.abort(late),
      () => {},
    );
    try {
      return await action(request.signal);
    } finally {
      done.abort();
    }
  }

  async #pause(ms: number, ref: boolean): Promise<void> {
    try {
      await this.#terms.sleep(ms, { signal: this.#ended.signal, ref });
    } catch {
      // Ended meanwhile, which the caller's loop sees.
    }
  }
}

/** Writes a lease's record over our own last one, and over no other. One call at a time. */
class LeaseWriter {
  readonly #document: DocumentAt<LeaseRecord>;
  readonly #clock: () => number;
  #record: LeaseRecord;
  #etag: string;
  #writtenAt: number;

  constructor(store: LeaseStore, clock: () => number, { record, etag, writtenAt }: TakenLease) {
    this.#document = leaseRecords.at(store, LEASE_KEY);
    this.#clock = clock;
    this.#record = record;
    this.#etag = etag;
    this.#writtenAt = writtenAt;
  }

  /** For how long no write is known to have taken place. */
  get silentMs(): number {
    return this.#clock() - this.#writtenAt;
  }

  /**
   * Writes the record; tells in words what is there instead, if it is not ours. After a failure
   * it is unknown whether it was written, and to be called again.
   */
  async write(state: LeaseRecord["state"], options: StoreOptions): Promise<string | undefined> {
    for (;;) {
      const record = { ...this.#record, state, write: this.#record.write + 1 };
      this.#record = record;
      const writtenAt = this.#clock();
      const result = await this.#document.write(record, {
        ...options,
        condition: { ifMatch: this.#etag },
      });
      if (result.status === "written") {
        this.#etag = result.etag;
        this.#writtenAt = writtenAt;
        return undefined;
      }
      const refused = this.#etag;
      const other = await this.#findOwn(options);
      if (other !== undefined) return other;
      if (this.#etag === refused) throw refusedCondition(this.#document.location);
    }
  }

  /** Goes on from an earlier write of ours whose answer never came; else tells what is there. */
  async #findOwn(options: StoreOptions): Promise<string | undefined> {
    const stored = await this.#document.read(options);
    if (stored === undefined) return "removed";
    const { leaseId, holder } = stored.value;
    if (leaseId !== this.#record.leaseId) return `taken over by ${holder}`;
    this.#etag = stored.etag;
    return undefined;
  }
}

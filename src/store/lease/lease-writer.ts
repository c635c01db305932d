import { refusedCondition } from "../change-document.ts";
import type { DocumentAt } from "../document.ts";
import type { StoreOptions } from "../store.ts";
import type { TakenLease } from "./lease-claim.ts";
import { LEASE_KEY, type LeaseRecord, leaseRecords } from "./lease-record.ts";
import type { LeaseStore } from "./lease-terms.ts";

/** Writes a lease's record over our own last one, and over no other. One call at a time. */
export class LeaseWriter {
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

import { LeaseClaim } from "./lease-claim.ts";
import { type Lease, LeaseHolding } from "./lease-holding.ts";
import { type LeaseOptions, type LeaseStore, toLeaseTerms } from "./lease-terms.ts";

export type { Lease } from "./lease-holding.ts";
export type { LeaseOptions } from "./lease-terms.ts";

/** The lease, or who holds it. */
export type LeaseAnswer =
  | { readonly status: "acquired"; readonly lease: Lease }
  | { readonly status: "held"; readonly holder: string };

/**
 * Takes the lease of a project, waiting for as long as somebody else holds it. A holder counts as
 * dead only after nothing was written for its TTL, as seen on our own clock.
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
      const lease = new LeaseHolding(store, terms, answer);
      if (!terms.signal?.aborted) return lease;
      await lease.release();
      throw terms.signal.reason;
    }
    const { leaseId, holder } = answer.by;
    if (leaseId !== waitingFor) terms.onWaiting(holder);
    waitingFor = leaseId;
    await claim.pause();
  }
}

/**
 * Takes the lease if it is free, and else tells at once who holds it. One whose holder has died
 * counts as held: only waiting shows that.
 *
 * @throws {HexError} HEX_STORE_UNAVAILABLE; HEX_STORE_DAMAGED when the lease's object is not one
 */
export async function tryAcquireLease(
  store: LeaseStore,
  options: LeaseOptions,
): Promise<LeaseAnswer> {
  const terms = toLeaseTerms(options);
  const claim = new LeaseClaim(store, terms);
  const answer = await claim.ask();
  if (answer.status === "held") return { status: "held", holder: answer.by.holder };
  return { status: "acquired", lease: new LeaseHolding(store, terms, answer) };
}

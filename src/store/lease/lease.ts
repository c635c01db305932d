import { LeaseClaim, type TakenLease } from "./lease-claim.ts";
import { type Lease, LeaseHolding } from "./lease-holding.ts";
import {
  type LeaseOptions,
  type LeaseStore,
  type LeaseTerms,
  toLeaseTerms,
} from "./lease-terms.ts";

export type { Lease } from "./lease-holding.ts";
export type { LeaseOptions, LeaseRun } from "./lease-terms.ts";

/** The lease, or who holds it. */
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
    await claim.pause();
  }
}

/**
 * Takes the lease if it is free, and else tells at once who holds it. One whose holder may have died
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
  return { status: "acquired", lease: await toLease(store, terms, answer) };
}

/** Holds a lease that was taken; whoever was passed for it can publish nothing any more. */
async function toLease(store: LeaseStore, terms: LeaseTerms, taken: TakenLease): Promise<Lease> {
  const lease = new LeaseHolding(store, terms, taken);
  if (!taken.isPassed) return lease;
  try {
    await terms.seal(store, lease.fence);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

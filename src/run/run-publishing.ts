import type { RunPlan } from "../cell/plan.ts";
import { expectation } from "../errors.ts";
import { acquireLease, type Lease, type LeaseOptions } from "../store/lease/lease.ts";
import { probeStore } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import { openVersion } from "../store/version.ts";

/** For how long others wait for a holder of the lease that no longer answers. */
export type LeaseTimes = Pick<LeaseOptions, "ttlMs">;

/** What a run that may publish needs besides its store. */
export interface PublishingOptions {
  readonly store: Store;
  readonly machines: "one" | "several";
  /** who publishes, as `user@host:pid`, for others to read */
  readonly holder: string;
  readonly leaseTimes: LeaseTimes;
  readonly signal: AbortSignal;
  /** told when a wait begins, or a promise cannot be kept */
  readonly onWarning: (line: string) => void;
}

/** How a run may publish: alone among all machines, or on its own word. */
export interface Publishing {
  /** held until the run has ended; undefined on a store that cannot keep one */
  readonly lease: Lease | undefined;
  readonly conditions: "required" | "unavailable";
  /** the newest version before the lease was asked for; null when nothing was published */
  readonly before: number | null;
}

/** Whether a run may publish frames, be it by cached cells or by cells that write them themselves. */
export function mayPublish({ context, computeIn, cells }: RunPlan): boolean {
  const computed = cells.filter(({ action }) => action === "computed");
  return computed.some(
    ({ kind }) => kind === "cached" || (kind === "cell" && computeIn.includes(context)),
  );
}

/**
 * Makes sure that nobody else computes and publishes for this project at the same time.
 * @throws {HexError} HEX_STORE_UNAVAILABLE as `findConditions` does
 */
export async function startPublishing(options: PublishingOptions): Promise<Publishing> {
  const { store, holder, leaseTimes, signal, onWarning } = options;
  const { number: before, fence: afterFence } = await openVersion(store, { signal });
  const conditions = await findConditions(options);
  if (conditions === "unavailable") return { lease: undefined, conditions, before };
  const onWaiting = (other: string) =>
    onWarning(`waiting for ${other}, which computes this project`);
  const asked = { ...leaseTimes, holder, signal, onWaiting, afterFence };
  return { lease: await acquireLease(store, asked), conditions, before };
}

/**
 * Whether the store keeps the conditions under which versions are published.
 * @throws {HexError} HEX_STORE_UNAVAILABLE when several machines may publish and it does not: they
 * would overwrite each other
 */
export async function findConditions({
  store,
  machines,
  signal,
  onWarning,
}: Omit<PublishingOptions, "holder" | "leaseTimes">): Promise<Publishing["conditions"]> {
  const { conditionalWrites, faults } = await probeStore(store, { signal });
  if (conditionalWrites) return "required";
  if (machines === "several") {
    throw expectation("HEX_STORE_UNAVAILABLE", {
      place: `the store ${store.location}`,
      expected: "one that keeps write conditions, so that several machines can publish",
      got: faults.join("; "),
      hint: 'if only one machine ever publishes, set `"machines": "one"` in hex.config.json',
    });
  }
  onWarning(
    `the store ignores write conditions (${faults.join("; ")}): a second machine that publishes could overwrite this one's versions`,
  );
  return "unavailable";
}

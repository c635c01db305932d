import type { RunPlan } from "../cell/plan.ts";
import { expectation } from "../errors.ts";
import type { Lease, LeaseOptions } from "../store/lease/lease.ts";
import { probeStore } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import { openVersion } from "../store/version.ts";

/** The lease of a project, renewed by this process or by another one on its behalf. */
export type RunLease = Pick<Lease, "fence" | "lost" | "release">;

/** What a run says when it asks for the lease. */
type LeaseWish = Pick<LeaseOptions, "signal" | "onWaiting" | "afterFence">;

/** Waits for the lease of a project. @throws {HexError} as `acquireLease` does */
export type TakeLease = (wish: LeaseWish) => Promise<RunLease>;

/** What a run that may publish needs besides its store. */
interface PublishingOptions {
  readonly store: Store;
  readonly machines: "one" | "several";
  readonly takeLease: TakeLease;
  readonly signal: AbortSignal;
  /** told when a wait begins, or a promise cannot be kept */
  readonly onWarning: (line: string) => void;
}

/** How a run may publish: alone among all machines, or on its own word. */
export interface Publishing {
  /** held until the run has ended; undefined on a store that cannot keep one */
  readonly lease: RunLease | undefined;
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
  const { store, takeLease, signal, onWarning } = options;
  const { number: before, fence: afterFence } = await openVersion(store, { signal });
  const conditions = await findConditions(options);
  if (store.clockError !== undefined) {
    onWarning(
      `this machine's clock is not the store's, it is ${store.clockError}; the times of its runs and schedules are wrong by as much: set the clock`,
    );
  }
  if (conditions === "unavailable") return { lease: undefined, conditions, before };
  const onWaiting = (other: string) =>
    onWarning(`waiting for ${other}, which computes this project`);
  const lease = await takeLease({ signal, onWaiting, afterFence });
  return { lease, conditions, before };
}

/**
 * Whether the store keeps the conditions under which versions are published.
 * @throws {HexError} HEX_STORE_UNAVAILABLE when several machines may publish and it does not: they
 * would overwrite each other; and when it cannot be tried out
 */
export async function findConditions({
  store,
  machines,
  signal,
  onWarning,
}: Omit<PublishingOptions, "takeLease">): Promise<Publishing["conditions"]> {
  const { conditionalWrites, faults, cure } = await probeStore(store, { signal });
  if (conditionalWrites) return "required";
  if (machines === "several") {
    throw expectation("HEX_STORE_UNAVAILABLE", {
      place: `the store ${store.location}`,
      expected: "one that keeps write conditions, so that several machines can publish",
      got: faults.join("; "),
      hint: `${cure === undefined ? "" : `${cure}; `}if only one machine ever publishes, set \`"machines": "one"\` in hex.config.json`,
    });
  }
  onWarning(
    `the store ignores write conditions (${faults.join("; ")}): a second machine that publishes could overwrite this one's versions`,
  );
  return "unavailable";
}

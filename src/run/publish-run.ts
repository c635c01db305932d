import { expectation } from "../errors.ts";
import { probeStore } from "../store/probe.ts";
import { publish } from "../store/publication.ts";
import { assertFree, placesToClaim, sharedFormats } from "../store/shared-files.ts";
import type { Store } from "../store/store.ts";
import { openVersion, type Version } from "../store/version.ts";
import { findOwnVersion, listVersions } from "../store/versions.ts";
import type { RunLease, TakeLease } from "./run-work.ts";
import {
  type FinishedRun,
  hasMovedOutputs,
  isOfSameRun,
  refuseLostReads,
  toPublication,
} from "./to-publication.ts";

/** Needs of a run that may publish, besides its store. */
interface PublishingOptions {
  readonly store: Store;
  readonly machines: "one" | "several";
  readonly takeLease: TakeLease;
  readonly signal: AbortSignal;
  /** called when a wait begins, or a promise cannot be kept */
  readonly onWarning: (line: string) => void;
}

/** How a run publishes: alone among all machines, or without a lease. */
export interface Publishing {
  /** held until the run has ended; undefined on a store that cannot keep one */
  readonly lease: RunLease | undefined;
  readonly conditions: "required" | "unavailable";
  /** the newest version before the lease was asked for; null when nothing was published */
  readonly before: number | null;
}

/** A run that has not ended: what it has read, staged and computed so far. */
export interface RunInProgress extends FinishedRun {
  readonly onWarning: (line: string) => void;
  /** when cells began, by name; milliseconds since 1970 */
  readonly began: ReadonlyMap<string, number>;
  /** the version that an earlier attempt at this run has published: this one publishes none */
  readonly own?: number | undefined;
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

/**
 * Finds out, once the run has the lease, whether it still has to compute, and by which plan.
 * @throws {HexError} HEX_NAME_TAKEN as `assertFree` does
 */
export async function preparePublication(
  run: RunInProgress,
  publishing: Publishing,
): Promise<RunInProgress> {
  const { lease } = publishing;
  const signal = lease ? AbortSignal.any([run.signal, lease.lost]) : run.signal;
  const own = await findOwn(run);
  const isShared = own !== undefined || (await isJustPublished(run, publishing));
  const shared = { plan: run.sharedPlan, planChanged: undefined };
  const decided = isShared ? shared : await decide(run);
  const going = { ...run, ...decided, signal, own };
  if (!isShared) await refuseTakenNames(going);
  return going;
}

/** The plan of a run that has the lease, by which nothing changes any more that is published. */
async function decide({ plan: whole, planChanged, frames }: RunInProgress) {
  if (planChanged === undefined) return { plan: whole };
  const { plan, defaults } = await planChanged(await frames.version());
  return { plan, recordedDefaults: async () => defaults };
}

/** Looks before anything is computed; it is made certain when the frames are published. */
async function refuseTakenNames({ plan, cells, frames, store, ...run }: RunInProgress) {
  const { signal, overwrite = [] } = run;
  const formats = sharedFormats(run.alsoPublish);
  const published = (await frames.version()).frames();
  const keyed = new Set(cells.cells.flatMap((cell) => (cell.keyInputs ? cell.name : [])));
  for (const { name, kind, action, frame = name } of plan.cells) {
    if (kind !== "cached" || action !== "computed" || keyed.has(name)) continue;
    if (overwrite.includes(frame)) continue;
    for (const place of placesToClaim(frame, published.get(frame), formats)) {
      await assertFree(store, place, { signal });
    }
  }
}

/** Whether another run has published, since this one began, what this one would compute. */
async function isJustPublished(
  run: RunInProgress,
  { lease, before }: Publishing,
): Promise<boolean> {
  if (lease === undefined) return false;
  const { commit } = await run.frames.version();
  // By number: the clocks of two machines may differ.
  if (commit === undefined || commit.generation <= (before ?? 0)) return false;
  // Going back to a version computes nothing.
  if (commit.note !== undefined) return false;
  return isOfSameRun(run, commit);
}

/**
 * The version that an earlier attempt at this run has published. The lease is held by now, so that
 * none of them publishes any more.
 */
async function findOwn(run: RunInProgress): Promise<number | undefined> {
  const { store, runId, attempt, signal } = run;
  if (attempt === 1) return undefined;
  return findOwnVersion(await listVersions(store, { signal }), runId);
}

/** Whether what is shown and the defaults are to be published anew, though every frame is kept. */
export async function hasMoved(
  run: RunInProgress,
  publishing: Publishing | undefined,
): Promise<boolean> {
  if (publishing === undefined || run.planChanged === undefined) return false;
  if (!run.hasDefaultInputs) return false;
  const version = await run.frames.version();
  const finished = { ...run, recorded: version.commit?.defaults };
  return hasMovedOutputs(finished, version, run.onWarning);
}

/** Publishes the frames that a run has staged; gives the number of the version. */
export async function publishFrames(run: RunInProgress, publishing: Publishing | undefined) {
  const base: Version = await run.frames.version();
  if (!run.acceptSchema) refuseLostReads(run, base);
  return publish(run.store, {
    ...toPublication({ ...run, recorded: base.commit?.defaults }),
    base,
    conditions: publishing?.conditions ?? "required",
    fence: publishing?.lease?.fence,
    ...run.retention,
    alsoPublish: run.alsoPublish,
    signal: run.signal,
    now: run.now,
    onWarning: run.onWarning,
  });
}

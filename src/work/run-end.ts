import type { Claim } from "../queue/queue.ts";
import {
  type CellRecord,
  isFinal,
  type RunAttemptRecord,
  type RunRecord,
} from "../run/history/run-record.ts";
import type { Store } from "../store/store.ts";
import { isDamage } from "../store/stored-file.ts";
import { findOwnVersion, listVersions } from "../store/versions.ts";
import { type JobOutcome, toJobOutcome } from "./job-outcome.ts";
import type { ProjectRuns } from "./project-runs.ts";
import type { BrokenAttempt, DrainedAttempt, RunEnd } from "./run-outcome.ts";

/** Which attempt at which run somebody tells of. */
export interface AttemptOfRun {
  readonly runId: string;
  readonly attempt: number;
  /** why it ended without a result */
  readonly cause?: string | undefined;
  /** what is known of its cells, should the run end without a result */
  readonly cells?: readonly CellRecord[] | undefined;
}

/** Why an attempt ended of whose worker nothing is heard any more. */
export const LOST_WORKER = "its worker was no longer heard of";

/**
 * Keeps how a run ended. Final states are final: one that is there already stays. A run that has
 * published has completed, whatever became of its process afterwards.
 */
export async function endRun(
  runs: Pick<ProjectRuns, "history" | "store">,
  { runId, attempt, cause, cells = [] }: AttemptOfRun,
  told: RunEnd,
): Promise<void> {
  const isCertain = told.state === "completed" || (attempt === 1 && told.cells !== undefined);
  const own = isCertain || attempt === 0 ? undefined : await findPublishedLast(runs, runId);
  const end: RunEnd =
    own === undefined ? told : { state: "completed", version: own, isPublisher: true };
  const endedAt = new Date().toISOString();
  await runs.history.change(runId, (current) => {
    const attempts = endAttempt(current, attempt, { endedAt, cause });
    return { ...current, cells, ...end, endedAt, attempts };
  });
}

/** As `findPublished`, when from now on no attempt can publish any more. */
async function findPublishedLast(
  { history, store }: Pick<ProjectRuns, "history" | "store">,
  runId: string,
): Promise<number | undefined> {
  // What a process sent before it was killed may still arrive: from now on it is refused.
  await unlessDamaged(() => history.goPast(runId));
  return findPublished(store, runId);
}

/** The version that some attempt at a run has published, as far as the store can be read. */
export function findPublished(store: Store, runId: string): Promise<number | undefined> {
  return unlessDamaged(async () => findOwnVersion(await listVersions(store), runId));
}

const LOOKS = 3;

/** What was read badly is read again; a store that stays damaged keeps no run from its end. */
async function unlessDamaged<T>(look: () => Promise<T>): Promise<T | undefined> {
  for (let looks = 1; looks <= LOOKS; looks++) {
    try {
      return await look();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return undefined;
}

/** Keeps that a run was cancelled before it came to an end. */
export async function endCancelled(
  runs: Pick<ProjectRuns, "history" | "store">,
  { runId, attempts }: Pick<RunRecord, "runId" | "attempts">,
): Promise<void> {
  const message = "Expected the run to go on to its end, got a cancellation";
  const end = { state: "cancelled", error: { code: "HEX_CANCELLED", message } } as const;
  await endRun(runs, { runId, attempt: attempts.length }, end);
}

/** Tells history that an attempt came to nothing, then the queue, and history what follows from that. */
export async function goOnLater(
  { runs, claim }: { readonly runs: ProjectRuns; readonly claim: Claim },
  { record, cells }: { readonly record: RunRecord; readonly cells: readonly CellRecord[] },
  outcome: BrokenAttempt | DrainedAttempt,
): Promise<JobOutcome> {
  const { runId } = record;
  const attempt = record.attempts.length;
  const cause = outcome.status === "broken" ? outcome.cause : "its worker was shut down";
  // History first: were we killed in between, the queue would give the run to somebody else.
  await giveUpAttempt(runs, { runId, attempt, cause });
  const answer = outcome.status === "broken" ? await claim.fail(cause) : await claim.handBack();
  if (answer === "dead" && outcome.status === "broken") {
    const message = `${cause}; it was tried ${claim.job.attempts} times`;
    const end = { state: "failed", error: { code: outcome.code, message } } as const;
    await endRun(runs, { runId, attempt, cells }, end);
  }
  if (answer === "cancelled") await endCancelled(runs, record);
  return toJobOutcome(answer, outcome.status === "broken" ? "retried" : "handed-back");
}

async function giveUpAttempt(
  { history }: ProjectRuns,
  { runId, attempt, cause }: AttemptOfRun,
): Promise<void> {
  const endedAt = new Date().toISOString();
  await history.change(runId, (current) => {
    // Somebody else may have begun another attempt by now.
    if (isFinal(current.state) || current.attempts.length !== attempt) return undefined;
    const attempts = endAttempt(current, attempt, { endedAt, cause });
    return { ...current, state: "queued", attempts };
  });
}

function endAttempt(
  { attempts }: RunRecord,
  attempt: number,
  { endedAt, cause }: { readonly endedAt: string; readonly cause: string | undefined },
): readonly RunAttemptRecord[] {
  const end = cause === undefined ? { endedAt } : { endedAt, cause };
  return attempts.map((each) =>
    each.attempt === attempt && each.endedAt === undefined ? { ...each, ...end } : each,
  );
}

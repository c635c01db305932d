import { type ErrorCode, HexError, toMessage } from "../errors.ts";
import type { Claim, EndAnswer } from "../queue/queue.ts";
import {
  type CellRecord,
  isFinal,
  type RunAttemptRecord,
  type RunRecord,
} from "../run/history/run-record.ts";
import type { RunSummary } from "../run/process/messages.ts";
import { type ProcessEnding, toRunFailure } from "../run/process/process-ending.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { CellResult, RunError, RunResult, RunStatus } from "../run/run-event.ts";
import type { Store } from "../store/store.ts";
import { isDamage } from "../store/stored-file.ts";
import { findOwnVersion, listVersions } from "../store/versions.ts";
import type { ProjectRuns } from "./project-runs.ts";

/*
 * How an attempt at a run ends, and where that leaves its job and its record:
 *
 *   the worker stopped it   its process                       attempt   job            record
 *   lost its claim          any                               lost      another's      unchanged
 *   shuts down              killed, or its run is cancelled   drained   handed back    queued
 *   cancelled, or not       done, or failed by the project    ended     finished       the run's end
 *   cancelled, or not       crashed, or failed by what is     broken    tried again,   queued,
 *                             around it: store, queue, lease              or dead        or failed
 *
 * The record changes first: were the worker killed in between, the queue gives the job to another
 * one, which finds the record as it is. A run that has published has completed, however its process
 * ended afterwards.
 */

/** Why a worker stopped an attempt. */
export type WorkerStop = "cancelled" | "lost" | "drained";

type AttemptEnd =
  | { readonly status: "ended"; readonly end: RunEnd }
  | { readonly status: "broken"; readonly code: ErrorCode; readonly cause: string }
  | { readonly status: "drained" }
  | { readonly status: "lost" };

/** The end of a run, as its record keeps it. */
type RunEnd = Partial<RunRecord> & { readonly state: RunStatus };

/** Outcome of a claimed job. */
export type JobOutcome =
  /** the job has ended, with this status of its run */
  | RunStatus
  /** another attempt follows, since the process or its surroundings failed */
  | "retried"
  /** the worker gave it back, since it shuts down or cannot reach the store */
  | "handed-back"
  /** another worker has it, or will have it: what was done does not count */
  | "lost"
  /** there was nothing left to do */
  | "surplus";

/** How an attempt ended, from the end of its process. */
export function toAttemptEnd(
  ending: ProcessEnding,
  stopped: WorkerStop | undefined,
  redact: Redact,
): AttemptEnd {
  if (stopped === "lost") return { status: "lost" };
  if (ending.status === "done") {
    const summary = ending.value as RunSummary;
    const isDrained = summary.status === "cancelled" && stopped === "drained";
    return isDrained ? { status: "drained" } : toSummarizedEnd(summary, ending.stop === "timeout");
  }
  const { code, message } = toRunFailure(ending);
  const isKilled = ending.status === "crashed" && code === "HEX_CANCELLED";
  if (isKilled && stopped === "drained") return { status: "drained" };
  const cause = redact(message, "text");
  if (WORTH_ANOTHER.includes(code)) return { status: "broken", code, cause };
  const state = code === "HEX_CANCELLED" ? "cancelled" : "failed";
  return { status: "ended", end: { state, error: { code, message: cause } } };
}

/** Failures of the surroundings rather than of the project: another attempt may do better. */
const WORTH_ANOTHER: readonly ErrorCode[] = [
  "HEX_RUN_CRASHED",
  "HEX_RUN_SUPERSEDED",
  "HEX_STORE_UNAVAILABLE",
  "HEX_QUEUE_UNAVAILABLE",
];

function toSummarizedEnd(
  { status, version, isPublisher, error, cells }: RunSummary,
  isLate: boolean,
): AttemptEnd {
  if (error !== undefined && status === "failed" && WORTH_ANOTHER.includes(error.code)) {
    return { status: "broken", code: error.code, cause: error.message };
  }
  const end = { state: status, version, isPublisher, cells: cells.map(toCellRecord) };
  if (status === "cancelled" && isLate) {
    const message = "Expected the run to be over by its deadline, got one that still went on";
    const late = { code: "HEX_RUN_TIMEOUT", message } as const;
    return { status: "ended", end: { ...end, state: "failed", error: late } };
  }
  return { status: "ended", end: error === undefined ? end : { ...end, error } };
}

/** The part of a cell's result that a record keeps. */
export function toCellRecord(cell: CellResult): CellRecord {
  const { name, status, startedAt, elapsedMs, keptSince, error } = cell;
  return {
    ...{ name, status },
    ...(startedAt === undefined ? {} : { startedAt }),
    elapsedMs,
    ...(keptSince === undefined ? {} : { keptSince }),
    ...(error === undefined ? {} : { error }),
  };
}

/** The error of a run that ended without a result. */
export function toRunError(thrown: unknown): RunError {
  if (thrown instanceof HexError) return { code: thrown.code, message: thrown.message };
  const message = `Expected the run to end with a result, got ${toMessage(thrown)}`;
  return { code: "HEX_RUN_CRASHED", message };
}

/** An attempt at a run. */
interface Attempt {
  readonly runId: string;
  readonly attempt: number;
  /** why it ended without a result */
  readonly cause?: string | undefined;
  /** what is known of its cells, should the run end without a result */
  readonly cells?: readonly CellRecord[] | undefined;
}

type HistoryAndStore = Pick<ProjectRuns, "history" | "store">;

/** The cause of an attempt whose worker has died or lost its connection. */
export const LOST_WORKER = "its worker was no longer heard of";

/** Keeps how a run ended; an end that is there already stays. */
export async function endRun(
  runs: HistoryAndStore,
  { runId, attempt, cause, cells = [] }: Attempt,
  reported: RunEnd,
): Promise<void> {
  const isCertain =
    reported.state === "completed" || (attempt === 1 && reported.cells !== undefined);
  const own = isCertain || attempt === 0 ? undefined : await findPublishedLast(runs, runId);
  const end: RunEnd =
    own === undefined ? reported : { state: "completed", version: own, isPublisher: true };
  const endedAt = new Date().toISOString();
  await runs.history.change(runId, (current) => {
    const attempts = endAttempt(current, attempt, { endedAt, cause });
    return { ...current, cells, ...end, endedAt, attempts };
  });
}

/** Keeps that a run was cancelled before it came to an end. */
export async function endCancelled(
  runs: HistoryAndStore,
  { runId, attempts }: Pick<RunRecord, "runId" | "attempts">,
): Promise<void> {
  const message = "Expected the run to go on to its end, got a cancellation";
  const end = { state: "cancelled", error: { code: "HEX_CANCELLED", message } } as const;
  await endRun(runs, { runId, attempt: attempts.length }, end);
}

/** As `findPublished`, when from now on no attempt can publish any more. */
async function findPublishedLast(
  { history, store }: HistoryAndStore,
  runId: string,
): Promise<number | undefined> {
  // What a process sent before it was killed may still arrive: from now on it is refused.
  await unlessDamaged(() => history.goPast(runId));
  return findPublished(store, runId);
}

/** The version that an attempt at a run has published, as far as the store can be read. */
function findPublished(store: Store, runId: string): Promise<number | undefined> {
  return unlessDamaged(async () => findOwnVersion(await listVersions(store), runId));
}

const READS = 3;

/** Reads damaged data again; a store that stays damaged keeps no run from its end. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  for (let reads = 1; reads <= READS; reads++) {
    try {
      return await read();
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return undefined;
}

/**
 * The completed result of a run that has published although its process failed to say so; undefined
 * when it has not, or the store cannot be read.
 */
export async function findCompleted(
  store: Store,
  { error: _, ...result }: RunResult,
): Promise<RunResult | undefined> {
  if (result.status === "completed") return undefined;
  const version = await findPublished(store, result.runId).catch((thrown: unknown) => {
    if (!(thrown instanceof HexError)) throw thrown;
    return undefined;
  });
  if (version === undefined) return undefined;
  return { ...result, status: "completed", version, isPublisher: true };
}

/** Puts a run whose attempt came to nothing back into the queue, or ends it after its last attempt. */
export async function retryOrHandBack(
  { runs, claim }: { readonly runs: ProjectRuns; readonly claim: Claim },
  { record, cells }: { readonly record: RunRecord; readonly cells: readonly CellRecord[] },
  end: Extract<AttemptEnd, { status: "broken" | "drained" }>,
): Promise<JobOutcome> {
  const { runId } = record;
  const attempt = record.attempts.length;
  const isBroken = end.status === "broken";
  const cause = isBroken ? end.cause : "its worker was shut down";
  await giveUpAttempt(runs, { runId, attempt, cause });
  const answer = isBroken ? await claim.fail(cause) : await claim.handBack();
  if (answer === "dead" && isBroken) {
    const message = `${cause}; it was tried ${claim.job.attempts} times`;
    const error = { code: end.code, message };
    await endRun(runs, { runId, attempt, cells }, { state: "failed", error });
  }
  if (answer === "cancelled") await endCancelled(runs, record);
  return toJobOutcome(answer, isBroken ? "retried" : "handed-back");
}

async function giveUpAttempt(
  { history }: ProjectRuns,
  { runId, attempt, cause }: Attempt,
): Promise<void> {
  const endedAt = new Date().toISOString();
  await history.change(runId, (current) => {
    // Another worker may have begun another attempt by now.
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

/** The outcome of an attempt without a result, from the queue's answer to its end. */
export function toJobOutcome(answer: EndAnswer, ifQueued: "retried" | "handed-back"): JobOutcome {
  switch (answer) {
    case "queued":
      return ifQueued;
    case "dead":
      return "failed";
    case "finished":
      return "completed";
    case "cancelled":
    case "lost":
      return answer;
  }
}

import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../errors.ts";
import type { Config } from "../project/config.ts";
import { type MarkStatus, MarkWatch } from "../run/history/run-mark.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import { endCancelled, endRun, LOST_WORKER } from "./ending.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { enqueueRun } from "./submit-run.ts";

/** How often unfinished runs are looked at. */
const RECOVER_MS = 5_000;
/** A run accepted this recently may be on its way into the queue. */
const SETTLED_MS = 5_000;

/** Runs to recover; without a queue only those that were not queued. */
export interface RecoverableRuns extends Pick<ProjectRuns, "history" | "store" | "config"> {
  readonly queue?: ProjectRuns["queue"] | undefined;
}

/** Ends or requeues, again and again, runs that a killed process or a lost queue has left. */
export async function recoverRuns(
  runs: RecoverableRuns,
  { signal, onWarning }: RecoverOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const watch = new MarkWatch();
  while (!signal.aborted) {
    try {
      await recoverRunsOnce(runs, { signal, watch, onWarning });
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof HexError)) throw thrown;
      onWarning(thrown.message);
    }
    await wait(RECOVER_MS, undefined, { signal }).catch(() => undefined);
  }
}

export interface RecoverOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** earlier observations of runs that were not queued */
  readonly watch?: MarkWatch | undefined;
  /** called for a run that cannot be read; the others are recovered */
  readonly onWarning: (line: string) => void;
}

/** Recovers every unfinished run whose worker or process is gone. @internal */
export async function recoverRunsOnce(
  runs: RecoverableRuns,
  { signal, now = Date.now, watch = new MarkWatch(), onWarning }: RecoverOptions,
): Promise<void> {
  for await (const runId of runs.history.unfinished({ signal })) {
    try {
      const record = await runs.history.read(runId, { signal });
      // The writer of a missing record may be at work or dead; garbage collection finds out.
      if (record === undefined || isNew(record, now())) continue;
      await recoverRun(runs, record, { watch, now });
    } catch (thrown) {
      if (!(thrown instanceof HexError && thrown.code === "HEX_STORE_DAMAGED")) throw thrown;
      onWarning(thrown.message);
    }
  }
}

/** Whether a run was accepted just now; a clock far ahead makes it an old one. */
function isNew({ submittedAt }: RunRecord, nowMs: number): boolean {
  return Math.abs(nowMs - Date.parse(submittedAt)) < SETTLED_MS;
}

/** Does what the worker of a run can no longer do, if anything. */
async function recoverRun(
  runs: RecoverableRuns,
  record: RunRecord,
  { watch = new MarkWatch(), now = Date.now }: Pick<RecoverOptions, "watch" | "now"> = {},
): Promise<void> {
  // Its worker was killed before it removed the mark.
  if (isFinal(record.state)) await runs.history.change(record.runId, () => undefined);
  else if (record.isQueued) await recoverQueued(runs, record);
  else {
    const status = await runs.history.markStatus(record.runId, watch);
    if (isLeft(status, record, { config: runs.config, now })) await endLeft(runs, record);
  }
}

async function recoverQueued(
  { queue, ...runs }: RecoverableRuns,
  record: RunRecord,
): Promise<void> {
  if (queue === undefined) return;
  const job = await queue.find(record.runId);
  switch (job?.state) {
    case undefined:
      // The queue was lost, or the run was accepted by a process that was killed right then.
      return enqueueRun({ queue }, record);
    case "dead": {
      const cause = job.cause ?? LOST_WORKER;
      return endCrashed(runs, record, `${cause}; it was tried ${job.attempts} times`);
    }
    case "cancelled":
      return endCancelled(runs, record);
    case "finished": {
      const expected = "Expected history to know how the run ended, which its worker has told";
      return endCrashed(runs, record, `${expected} the queue, got a run that goes on`);
    }
    case "queued":
    case "claimed":
      return undefined;
  }
}

function endCrashed(
  runs: Pick<ProjectRuns, "history" | "store">,
  { runId, attempts }: RunRecord,
  message: string,
): Promise<void> {
  const error = { code: "HEX_RUN_CRASHED", message } as const;
  const attempt = { runId, attempt: attempts.length, cause: LOST_WORKER };
  return endRun(runs, attempt, { state: "failed", error });
}

/** Whether the process of a run that was not queued is gone. */
export function isLeft(
  status: MarkStatus,
  { submittedAt }: Pick<RunRecord, "submittedAt">,
  { config, now }: { readonly config: Pick<Config, "runs">; readonly now: () => number },
): boolean {
  // An older build gives no sign of life: then only the age counts.
  if (status === "untold") return now() - Date.parse(submittedAt) > config.runs.deadlineMs;
  return status === "gone" || status === "silent";
}

/** Ends a run whose process is gone or silent; should it come back, it publishes nothing. */
async function endLeft(runs: Pick<ProjectRuns, "history" | "store">, record: RunRecord) {
  const worker = record.attempts.at(-1)?.worker ?? "";
  const message = `Expected its process ${worker} to bring the run to an end, got none that is heard of (it was killed, or its machine is gone: start the run again)`;
  await endCrashed(runs, record, message);
}

/**
 * The effect of a cancellation: the run is cancelled, is requested to stop, or had ended. `untold`: an
 * older build runs it, which takes no requests.
 */
type CancelledRun = "cancelled" | "requested" | "ended" | "untold";

const LOOK_MS = 500;

/**
 * Cancels a queued or running run. For one that was not queued it waits some ten seconds at most for a
 * sign of life of its process; without one, the run is cancelled then.
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_QUEUE_UNAVAILABLE
 */
export async function cancelRecordedRun(
  runs: ProjectRuns,
  record: RunRecord,
): Promise<CancelledRun> {
  if (isFinal(record.state)) return "ended";
  if (!record.isQueued) return cancelDirect(runs, record);
  const answer = await runs.queue.cancel(record.runId);
  switch (answer) {
    case "requested":
      return "requested";
    case "cancelled":
    case "unknown":
      await endCancelled(runs, record);
      return "cancelled";
    case "ended":
      // Its worker may have been killed before it recorded the end.
      await recoverRun(runs, record);
      return "ended";
  }
}

async function cancelDirect(runs: ProjectRuns, record: RunRecord): Promise<CancelledRun> {
  const { history, config } = runs;
  const watch = new MarkWatch();
  const isAsked = await history.askToStop(record.runId);
  for (;;) {
    const status = await history.markStatus(record.runId, watch);
    if (isLeft(status, record, { config, now: Date.now })) {
      await endCancelled(runs, record);
      // What it has published before stands: then it has completed.
      return toEnded(await history.read(record.runId));
    }
    if (status === "ended") return toEnded(await history.read(record.runId));
    if (!isAsked) return "untold";
    if (status === "heard") return "requested";
    await wait(LOOK_MS);
  }
}

function toEnded(record: RunRecord | undefined): CancelledRun {
  return record?.state === "cancelled" ? "cancelled" : "ended";
}

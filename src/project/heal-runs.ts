import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../errors.ts";
import type { Job } from "../queue/job.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { endCancelled, endRun, LOST_WORKER } from "./run-end.ts";
import { enqueueRun } from "./submit-run.ts";
import type { WorkerOptions } from "./worker.ts";

/** How often runs are looked at that have not ended. */
const HEAL_MS = 15_000;
/** A run that was accepted just now may be on its way into the queue. */
const SETTLED_MS = 10_000;

/** Brings to an end, again and again, what a killed process or a lost queue has left without one. */
export async function keepHealing(
  runs: ProjectRuns,
  { signal, onEvent }: Pick<WorkerOptions, "signal" | "onEvent">,
): Promise<void> {
  const onWarning = (message: string) => onEvent({ type: "worker-warned", message });
  while (!signal.aborted) {
    try {
      await healRuns(runs, { signal, onWarning });
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      if (!signal.aborted) onWarning(thrown.message);
    }
    await wait(HEAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

export interface HealOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** told of a run that cannot be looked at; the others are */
  readonly onWarning: (line: string) => void;
}

/** Looks at every run that has not ended, and does what its worker can no longer do. */
export async function healRuns(
  runs: ProjectRuns,
  { signal, now = Date.now, onWarning }: HealOptions,
): Promise<void> {
  for await (const runId of runs.history.unfinished({ signal })) {
    try {
      const record = await runs.history.read(runId, { signal });
      // Without a record its writer may still be at it, or has died: garbage collection knows in time.
      if (record === undefined || now() - Date.parse(record.submittedAt) < SETTLED_MS) continue;
      await healRun(runs, record);
    } catch (thrown) {
      if (!(thrown instanceof HexError && thrown.code === "HEX_STORE_DAMAGED")) throw thrown;
      onWarning(thrown.message);
    }
  }
}

/** Does what the worker of a run can no longer do; nothing when there is nothing to do. */
export async function healRun(runs: ProjectRuns, record: RunRecord): Promise<void> {
  // Whoever ended it was killed before he took the mark away.
  if (isFinal(record.state)) await runs.history.change(record.runId, () => undefined);
  else if (record.isQueued) await healQueued(runs, record, await runs.queue.find(record.runId));
  else await healDirect(runs, record);
}

async function healQueued(
  runs: ProjectRuns,
  record: RunRecord,
  job: Job | undefined,
): Promise<void> {
  switch (job?.state) {
    case undefined:
      // The queue was lost, or the run was accepted by a process that was killed right then.
      return enqueueRun(runs, record);
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
  runs: ProjectRuns,
  { runId, attempts }: RunRecord,
  message: string,
): Promise<void> {
  const error = { code: "HEX_RUN_CRASHED", message } as const;
  const attempt = { runId, attempt: attempts.length, cause: LOST_WORKER };
  return endRun(runs, attempt, { state: "failed", error });
}

/** A run that was carried out at once by a process of this machine which is no more. */
async function healDirect(runs: ProjectRuns, record: RunRecord): Promise<void> {
  const worker = record.attempts.at(-1)?.worker ?? "";
  if (!isGone(worker)) return;
  const message = `Expected its process ${worker} to bring the run to an end, got a process that is gone`;
  await endCrashed(runs, record, message);
}

/** Whether a worker, `user@host:pid`, was on this machine and is no more; of others nobody can tell. */
function isGone(worker: string): boolean {
  const [, host, pid] = /@(.*):(\d+)$/.exec(worker) ?? [];
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { HexError, toMessage } from "../errors.ts";
import type { Job } from "../queue/job.ts";
import type { RunRecord } from "../run/history/run-record.ts";
import { endRun } from "./claimed-run.ts";
import type { ProjectRuns } from "./project-runs.ts";
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
  while (!signal.aborted) {
    try {
      await healRuns(runs, { signal });
    } catch (thrown) {
      if (!(thrown instanceof HexError)) throw thrown;
      if (!signal.aborted) onEvent({ type: "worker-warned", message: toMessage(thrown) });
    }
    await wait(HEAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Looks at every run that has not ended, and does what its worker can no longer do. */
export async function healRuns(
  runs: ProjectRuns,
  { signal, now = Date.now }: { readonly signal?: AbortSignal; readonly now?: () => number } = {},
): Promise<void> {
  for await (const runId of runs.history.unfinished({ signal })) {
    const record = await runs.history.read(runId, { signal });
    if (record === undefined || now() - Date.parse(record.submittedAt) < SETTLED_MS) continue;
    if (record.isQueued) await healQueued(runs, record, await runs.queue.find(runId));
    else await healDirect(runs, record);
  }
}

async function healQueued(
  runs: ProjectRuns,
  record: RunRecord,
  job: Job | undefined,
): Promise<void> {
  const attempt = record.attempts.length;
  switch (job?.state) {
    case undefined:
      // The queue was lost, or the run was accepted by a process that was killed right then.
      return enqueueRun(runs, record);
    case "dead": {
      const message = `${job.cause ?? "its worker was no longer heard of"}; it was tried ${job.attempts} times`;
      return endRun(runs, record.runId, attempt, {
        state: "failed",
        error: { code: "HEX_RUN_CRASHED", message },
      });
    }
    case "cancelled":
      return endCancelled(runs, record);
    case "finished":
    case "queued":
    case "claimed":
      return undefined;
  }
}

/** Keeps that a run was cancelled before it came to an end. */
export async function endCancelled(
  runs: Pick<ProjectRuns, "history">,
  { runId, attempts }: Pick<RunRecord, "runId" | "attempts">,
): Promise<void> {
  const message = "Expected the run to go on to its end, got a cancellation";
  const error = { code: "HEX_CANCELLED", message } as const;
  await endRun(runs, runId, attempts.length, { state: "cancelled", error });
}

/** A run that was carried out at once by a process of this machine which is no more. */
async function healDirect(runs: ProjectRuns, { runId, attempts }: RunRecord): Promise<void> {
  const worker = attempts.at(-1)?.worker ?? "";
  if (!isGone(worker)) return;
  const message = `Expected its process ${worker} to bring the run to an end, got a process that is gone`;
  await endRun(runs, runId, attempts.length, {
    state: "failed",
    error: { code: "HEX_RUN_CRASHED", message },
  });
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

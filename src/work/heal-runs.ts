import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../errors.ts";
import type { Config } from "../project/config.ts";
import { MarkWatch, type RunStanding } from "../run/history/run-mark.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { endCancelled, endRun, LOST_WORKER } from "./run-end.ts";
import { enqueueRun } from "./submit-run.ts";

/** How often runs are looked at that have not ended. */
const HEAL_MS = 5_000;
/** A run that was accepted just now may be on its way into the queue. */
const SETTLED_MS = 5_000;

/** Where runs are looked after; without a queue only those that none looks after. */
export interface HealedRuns extends Pick<ProjectRuns, "history" | "store" | "config"> {
  readonly queue?: ProjectRuns["queue"] | undefined;
}

/** Brings to an end, again and again, what a killed process or a lost queue has left without one. */
export async function keepHealing(
  runs: HealedRuns,
  { signal, onWarning }: HealOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const watch = new MarkWatch();
  while (!signal.aborted) {
    try {
      await healRuns(runs, { signal, watch, onWarning });
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof HexError)) throw thrown;
      onWarning(thrown.message);
    }
    await wait(HEAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

export interface HealOptions {
  readonly signal?: AbortSignal | undefined;
  /** milliseconds since 1970 */
  readonly now?: (() => number) | undefined;
  /** what earlier looks have shown of runs that no queue looks after */
  readonly watch?: MarkWatch | undefined;
  /** told of a run that cannot be looked at; the others are */
  readonly onWarning: (line: string) => void;
}

/** Looks at every run that has not ended, and does what its worker can no longer do. */
export async function healRuns(
  runs: HealedRuns,
  { signal, now = Date.now, watch = new MarkWatch(), onWarning }: HealOptions,
): Promise<void> {
  for await (const runId of runs.history.unfinished({ signal })) {
    try {
      const record = await runs.history.read(runId, { signal });
      // Without a record its writer may still be at it, or has died: garbage collection knows in time.
      if (record === undefined || isNew(record, now())) continue;
      await healRun(runs, record, { watch, now });
    } catch (thrown) {
      if (!(thrown instanceof HexError && thrown.code === "HEX_STORE_DAMAGED")) throw thrown;
      onWarning(thrown.message);
    }
  }
}

/** Whether a run was accepted just now; whose clock is ahead by far has accepted it at some other time. */
function isNew({ submittedAt }: RunRecord, nowMs: number): boolean {
  return Math.abs(nowMs - Date.parse(submittedAt)) < SETTLED_MS;
}

/** Does what the worker of a run can no longer do; nothing when there is nothing to do. */
export async function healRun(
  runs: HealedRuns,
  record: RunRecord,
  { watch = new MarkWatch(), now = Date.now }: Pick<HealOptions, "watch" | "now"> = {},
): Promise<void> {
  // Whoever ended it was killed before he took the mark away.
  if (isFinal(record.state)) await runs.history.change(record.runId, () => undefined);
  else if (record.isQueued) await healQueued(runs, record);
  else {
    const standing = await runs.history.standing(record.runId, watch);
    if (isLeft(standing, record, { config: runs.config, now })) await endLeft(runs, record);
  }
}

async function healQueued({ queue, ...runs }: HealedRuns, record: RunRecord): Promise<void> {
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

/** Whether whoever asked for a run carries it out no more. */
export function isLeft(
  standing: RunStanding,
  { submittedAt }: Pick<RunRecord, "submittedAt">,
  { config, now }: { readonly config: Pick<Config, "runs">; readonly now: () => number },
): boolean {
  // An older build lets nobody hear of it: then only its age tells.
  if (standing === "untold") return now() - Date.parse(submittedAt) > config.runs.deadlineMs;
  return standing === "gone" || standing === "silent";
}

/** Ends a run whose process is gone or silent; should it come back, it publishes nothing. */
async function endLeft(runs: Pick<ProjectRuns, "history" | "store">, record: RunRecord) {
  const worker = record.attempts.at(-1)?.worker ?? "";
  const message = `Expected its process ${worker} to bring the run to an end, got none that is heard of (it was killed, or its machine is gone: start the run again)`;
  await endCrashed(runs, record, message);
}

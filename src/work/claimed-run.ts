import type { Claim } from "../queue/queue.ts";
import { RunLog } from "../run/history/run-log.ts";
import type { CellRecord, RunRecord } from "../run/history/run-record.ts";
import { toWishes } from "../run/history/run-record.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RunEvent } from "../run/run-event.ts";
import { SILENCE_MS } from "../store/holder.ts";
import { ClaimKeeper } from "./claim-keeper.ts";
import type { JobOutcome } from "./job-outcome.ts";
import { ProcessCalls } from "./process-calls.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { endRun, goOnLater, LOST_WORKER } from "./run-end.ts";
import { type RunOutcome, toOutcome } from "./run-outcome.ts";
import { runPartsQueued } from "./run-parts-queued.ts";
import { RunProgress } from "./run-progress.ts";
import { NOTES, type RunTask } from "./run-task.ts";

/** What carrying out a claimed job needs besides the project's runs. */
export interface ClaimedWork {
  readonly runs: ProjectRuns;
  readonly claim: Claim;
  /** who carries it out, as `user@host:pid` */
  readonly worker: string;
  /** gives a process that has not had a task */
  readonly takeProcess: () => RunProcess;
  /** aborted when the worker may not wait for the work any longer */
  readonly drained: AbortSignal;
  readonly onWarning: (line: string) => void;
}

/** Carries out a claimed run: in a process of its own, to its end, which history keeps. */
export async function carryOutRun(work: ClaimedWork): Promise<JobOutcome> {
  const { runs, claim } = work;
  // Held until the end is kept: a slow store must not make others begin the run anew.
  const keeper = new ClaimKeeper(claim, work.drained, runs.leaseMs);
  try {
    const record = await startAttempt(work);
    if (record === undefined) {
      // It ended in an earlier attempt whose worker could not tell the queue, or was never accepted.
      await claim.finish();
      return "surplus";
    }
    const { outcome, cells } = await runAttempt(work, keeper, record);
    if (outcome.status === "lost" || (await keeper.isLost())) return "lost";
    if (outcome.status !== "ended") return await goOnLater(work, { record, cells }, outcome);
    const attempt = { runId: record.runId, attempt: record.attempts.length, cells };
    await endRun(runs, attempt, outcome.end);
    await claim.finish();
    return outcome.end.state;
  } finally {
    keeper.close();
  }
}

/** Notes that an attempt begins; undefined when there is nothing to do any more. */
async function startAttempt({ runs, claim, worker }: ClaimedWork): Promise<RunRecord | undefined> {
  const startedAt = new Date().toISOString();
  const answer = await runs.history.change(claim.job.id, (current) => ({
    ...current,
    state: "running",
    startedAt: current.startedAt ?? startedAt,
    attempts: [
      ...current.attempts.map((each) => ({
        ...each,
        endedAt: each.endedAt ?? startedAt,
        ...(each.endedAt === undefined ? { cause: LOST_WORKER } : {}),
      })),
      { attempt: current.attempts.length + 1, worker, startedAt },
    ],
  }));
  return answer.status === "changed" ? answer.record : undefined;
}

interface Attempted {
  readonly outcome: RunOutcome;
  /** what was heard of its cells while it went */
  readonly cells: readonly CellRecord[];
}

async function runAttempt(
  { runs, claim, worker, takeProcess, onWarning }: ClaimedWork,
  keeper: ClaimKeeper,
  record: RunRecord,
): Promise<Attempted> {
  const { runId } = record;
  const log = new RunLog({
    write: (lines, left) => runs.history.writeLog(runId, lines, left),
    onWarning,
  });
  const child = takeProcess();
  const onEnded = (frame: string, ended: number) => child.note(NOTES.partsEnded, { frame, ended });
  const calls = new ProcessCalls({
    store: runs.store,
    leaseTimes: { ttlMs: Math.min(runs.leaseMs, SILENCE_MS) },
    holder: worker,
    run: { id: runId, attempt: record.attempts.length },
    signal: keeper.signal,
    onWaiting: (holder) => log.add({ text: `waiting for ${holder}, which computes this project` }),
    onLost: (message) => child.note(NOTES.leaseLost, message),
    runParts: (payload, signal) => runPartsQueued(runs, payload, { signal, onEnded }),
  });
  const progress = new RunProgress((view) => claim.progress(runs.redact(view, "progress")));
  const onEvent = (event: RunEvent) => {
    log.take(event);
    progress.take(event);
  };
  try {
    const ending = await child.run(toTask(runs, record), {
      signal: keeper.signal,
      deadlineMs: runs.config.runs.deadlineMs,
      onEvent,
      onLine: (stream, line) => log.add({ stream, text: line }),
      redactLine: runs.redactor.openLines(),
      onCall: calls.answer,
    });
    const outcome = toOutcome(ending, keeper.order, runs.redact);
    return { outcome, cells: progress.interrupt() };
  } finally {
    progress.close();
    await calls.close();
    await log.close();
  }
}

function toTask({ directory }: ProjectRuns, record: RunRecord): RunTask {
  const { runId, context, trigger, inputs, textInputs = [] } = record;
  const named = { directory, runId, attempt: record.attempts.length, context, trigger };
  return { kind: "run", ...named, inputs, textInputs, ...toWishes(record) };
}

import * as v from "valibot";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import type { Claim } from "../queue/queue.ts";
import { RunLogWriter } from "../run/history/run-log.ts";
import type { CellRecord, RunRecord } from "../run/history/run-record.ts";
import { type ProcessEnding, toTaskError } from "../run/process/process-ending.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RunEvent } from "../run/run-event.ts";
import { SILENCE_MS } from "../store/holder.ts";
import { ClaimRenewer } from "./claim-renewer.ts";
import {
  endRun,
  type JobOutcome,
  LOST_WORKER,
  retryOrHandBack,
  toAttemptEnd,
  toJobOutcome,
  type WorkerStop,
} from "./ending.ts";
import { runTask } from "./process-calls.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { runPartsQueued } from "./run-parts.ts";
import { RunProgressReporter } from "./run-progress.ts";
import { type PartTask, toRunTask } from "./run-task.ts";

/** A claimed job, and what carrying it out needs besides the project's runs. */
export interface ClaimedJob {
  readonly runs: ProjectRuns;
  readonly claim: Claim;
  /** the worker, as `user@host:pid` */
  readonly worker: string;
  /** gives a process that has not had a task */
  readonly takeProcess: () => RunProcess;
  /** aborted when the worker may not wait for the job any longer */
  readonly drained: AbortSignal;
  readonly onWarning: (line: string) => void;
}

/** Carries out a claimed run in a process of its own, and keeps its end in the history. */
export async function carryOutRun(job: ClaimedJob): Promise<JobOutcome> {
  const { runs, claim } = job;
  // Renewed until the end is kept: a slow store must not let others begin the run anew.
  const renewer = new ClaimRenewer(claim, job.drained, runs.leaseMs);
  try {
    const record = await startAttempt(job);
    if (record === undefined) {
      // It was never accepted, or ended in an attempt whose worker did not reach the queue.
      await claim.finish();
      return "surplus";
    }
    const { ending, cells } = await runAttempt(job, renewer, record);
    const end = toAttemptEnd(ending, renewer.stopped, runs.redact);
    if (end.status === "lost" || (await renewer.isLost())) return "lost";
    if (end.status !== "ended") return await retryOrHandBack(job, { record, cells }, end);
    const attempt = { runId: record.runId, attempt: record.attempts.length, cells };
    await endRun(runs, attempt, end.end);
    await claim.finish();
    return end.end.state;
  } finally {
    renewer.close();
  }
}

/** Notes that an attempt begins; undefined when there is nothing to do any more. */
async function startAttempt({ runs, claim, worker }: ClaimedJob): Promise<RunRecord | undefined> {
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

interface EndedAttempt {
  readonly ending: ProcessEnding;
  /** what is known of its cells from its events */
  readonly cells: readonly CellRecord[];
}

async function runAttempt(
  { runs, claim, worker, takeProcess, onWarning }: ClaimedJob,
  renewer: ClaimRenewer,
  record: RunRecord,
): Promise<EndedAttempt> {
  const { runId } = record;
  const log = new RunLogWriter({
    write: (lines, left) => runs.history.writeLog(runId, lines, left),
    onWarning,
  });
  const progress = new RunProgressReporter((view) => claim.progress(runs.redact(view, "progress")));
  const onEvent = (event: RunEvent) => {
    log.take(event);
    progress.take(event);
  };
  try {
    const ending = await runTask(takeProcess(), toRunTask(runs, record), {
      store: runs.store,
      holder: worker,
      leaseTimes: { ttlMs: Math.min(runs.leaseMs, SILENCE_MS) },
      signal: renewer.signal,
      deadlineMs: runs.config.runs.deadlineMs,
      onEvent,
      log: (text, stream) => log.add(stream === undefined ? { text } : { stream, text }),
      redactLine: runs.redactor.openLines(),
      runParts: (parts) => runPartsQueued(runs, parts),
    });
    return { ending, cells: progress.interrupt() };
  } finally {
    progress.close();
    await log.close();
  }
}

/** The payload of a part's job; any other was not put into the queue by us. */
const partPayload = v.strictObject({
  context: v.picklist(RUN_CONTEXTS),
  runId: v.pipe(v.string(), v.uuid()),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  cell: v.string(),
  frame: v.string(),
  index: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** Carries out a claimed part of a run in a process of its own, which leaves its frame for the run. */
export async function carryOutPart(job: ClaimedJob): Promise<JobOutcome> {
  const { runs, claim, drained, takeProcess } = job;
  const payload = v.safeParse(partPayload, claim.job.payload);
  if (!payload.success || !(await isWanted(runs, payload.output))) {
    await claim.finish();
    return "surplus";
  }
  const renewer = new ClaimRenewer(claim, drained, runs.leaseMs);
  const task: PartTask = { kind: "part", directory: runs.directory, ...payload.output };
  try {
    const { deadlineMs } = runs.config.runs;
    const ending = await takeProcess().run(task, { signal: renewer.signal, deadlineMs });
    return await endPart(job, ending, renewer.stopped);
  } finally {
    renewer.close();
  }
}

/** A run that has ended, or is tried anew, has no use for the parts of an earlier attempt. */
async function isWanted(
  { history }: ProjectRuns,
  { runId, attempt }: v.InferOutput<typeof partPayload>,
): Promise<boolean> {
  const record = await history.read(runId);
  return record?.state === "running" && record.attempts.length === attempt;
}

async function endPart(
  { runs, claim }: ClaimedJob,
  ending: ProcessEnding,
  stopped: WorkerStop | undefined,
): Promise<JobOutcome> {
  if (stopped === "lost") return "lost";
  if (ending.status === "done") {
    await claim.finish();
    return ending.value === "failed" ? "failed" : "completed";
  }
  if (stopped === "cancelled") {
    await claim.finish();
    return "cancelled";
  }
  if (stopped === "drained") return toJobOutcome(await claim.handBack(), "handed-back");
  return toJobOutcome(
    await claim.fail(runs.redact(toTaskError(ending).message, "text")),
    "retried",
  );
}

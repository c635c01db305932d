import { type ErrorCode, HexError } from "../errors.ts";
import type { Claim } from "../queue/queue.ts";
import { RunLog } from "../run/history/run-log.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import type { RunSummary } from "../run/process/messages.ts";
import { describeCause, type ProcessEnding } from "../run/process/process-ending.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { RunEvent } from "../run/run-event.ts";
import { HeldLease } from "./asked-lease.ts";
import { ClaimKeeper, type StopOrder } from "./claim-keeper.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { runPartsQueued } from "./run-parts-queued.ts";
import { RunProgress } from "./run-progress.ts";
import { CALLS, NOTES, type RunTask } from "./run-task.ts";

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

/** What an attempt came to, before the queue and the history are told. */
type Outcome =
  /** the run has ended, well or not */
  | { readonly status: "ended"; readonly end: Partial<RunRecord> & Pick<RunRecord, "state"> }
  /** the process or its surroundings failed: another attempt may do better */
  | { readonly status: "broken"; readonly cause: string; readonly code: ErrorCode }
  /** the worker shuts down */
  | { readonly status: "drained" }
  /** another worker has it: nothing that was done counts */
  | { readonly status: "lost" };

/** Carries out a claimed run: in a process of its own, to its end, which history keeps. */
export async function carryOutRun(work: ClaimedWork): Promise<void> {
  const { runs, claim } = work;
  const record = await startAttempt(work);
  if (record === undefined) {
    // It ended in an earlier attempt whose worker could not tell the queue, or was never accepted.
    await claim.finish();
    return;
  }
  const attempt = record.attempts.length;
  const outcome = await runAttempt(work, record, attempt);
  if (outcome.status === "lost") return;
  if (outcome.status === "ended") {
    await endRun(runs, record.runId, attempt, outcome.end);
    await claim.finish();
  } else await goOnLater(work, { runId: record.runId, attempt }, outcome);
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

const LOST_WORKER = "its worker was no longer heard of";

async function runAttempt(work: ClaimedWork, record: RunRecord, attempt: number): Promise<Outcome> {
  const { runs, claim, worker, onWarning } = work;
  const keeper = new ClaimKeeper(claim, work.drained);
  const log = new RunLog({
    write: (lines) => runs.history.writeLog(record.runId, lines),
    onWarning,
  });
  const child = work.takeProcess();
  const lease = new HeldLease({
    store: runs.store,
    holder: worker,
    signal: keeper.signal,
    onWaiting: (holder) => log.add({ text: `waiting for ${holder}, which computes this project` }),
    onLost: (message) => child.note(NOTES.leaseLost, message),
  });
  const progress = new RunProgress((view) => claim.progress(runs.redact(view)));
  const onEvent = (event: RunEvent) => {
    log.take(event);
    progress.take(event);
  };
  try {
    const ending = await child.run(
      { kind: "run", payload: toTask(runs, record, attempt) },
      {
        signal: keeper.signal,
        deadlineMs: runs.config.runs.deadlineMs,
        onEvent,
        onLine: (stream, line) => log.add({ stream, text: runs.redact(line) }),
        onCall: (name, payload) => answerCall(name, payload, { ...work, child, lease, keeper }),
      },
    );
    return toOutcome(ending, keeper.order, runs.redact);
  } finally {
    keeper.close();
    progress.close();
    await lease.release();
    await log.close();
  }
}

function toTask({ directory }: ProjectRuns, record: RunRecord, attempt: number): RunTask {
  const { runId, context, trigger, inputs, acceptSchema } = record;
  return { kind: "run", directory, runId, attempt, context, trigger, inputs, acceptSchema };
}

interface Answering extends ClaimedWork {
  readonly child: RunProcess;
  readonly lease: HeldLease;
  readonly keeper: ClaimKeeper;
}

/** What a run process asks of its worker. */
async function answerCall(
  name: string,
  payload: unknown,
  { runs, child, lease, keeper }: Answering,
): Promise<unknown> {
  switch (name) {
    case CALLS.takeLease:
      return lease.take((payload as { readonly afterFence: number }).afterFence);
    case CALLS.releaseLease:
      return lease.release();
    case CALLS.runParts:
      return runPartsQueued(runs, payload, {
        signal: keeper.signal,
        onEnded: (frame, ended) => child.note(NOTES.partsEnded, { frame, ended }),
      });
    default:
      throw new HexError("HEX_JOB_INVALID", `Expected a call that a worker knows, got ${name}`);
  }
}

function toOutcome(
  ending: ProcessEnding,
  order: StopOrder | undefined,
  redact: ProjectRuns["redact"],
): Outcome {
  if (order === "lost") return { status: "lost" };
  if (ending.status === "ended") {
    const { ending: task } = ending;
    if (task.status === "done") return toEnd(task.value as RunSummary, order, ending.stop);
    return toFailure(task.code, redact(task.message));
  }
  const { cause } = ending;
  if (cause.reason === "cancelled" && order === "drained") return { status: "drained" };
  const message = redact(describeCause(cause));
  if (cause.reason === "cancelled") return toFailure("HEX_CANCELLED", message);
  return toFailure(cause.reason === "timeout" ? "HEX_RUN_TIMEOUT" : "HEX_RUN_CRASHED", message);
}

/** Failures of the surroundings rather than of the project: trying again may help. */
const WORTH_ANOTHER: readonly ErrorCode[] = [
  "HEX_RUN_CRASHED",
  "HEX_STORE_UNAVAILABLE",
  "HEX_QUEUE_UNAVAILABLE",
];

function toFailure(code: ErrorCode, message: string): Outcome {
  if (WORTH_ANOTHER.includes(code)) return { status: "broken", code, cause: message };
  const state = code === "HEX_CANCELLED" ? "cancelled" : "failed";
  return { status: "ended", end: { state, error: { code, message } } };
}

function toEnd(summary: RunSummary, order: StopOrder | undefined, stop: string | null): Outcome {
  const { status, version, cells, error } = summary;
  if (status === "cancelled" && order === "drained") return { status: "drained" };
  const isTimeout = status === "cancelled" && stop === "timeout";
  if (error !== undefined && status === "failed" && WORTH_ANOTHER.includes(error.code)) {
    return { status: "broken", code: error.code, cause: error.message };
  }
  const end = { version, cells, isPublisher: summary.isPublisher };
  if (isTimeout) {
    const message = "Expected the run to be over by its deadline, got one that still went on";
    return {
      status: "ended",
      end: { ...end, state: "failed", error: { code: "HEX_RUN_TIMEOUT", message } },
    };
  }
  return {
    status: "ended",
    end: { ...end, state: status, ...(error === undefined ? {} : { error }) },
  };
}

/** Keeps how a run ended. Final states are final: one that is there already stays. */
export async function endRun(
  { history }: Pick<ProjectRuns, "history">,
  runId: string,
  attempt: number,
  end: Partial<RunRecord> & Pick<RunRecord, "state">,
): Promise<void> {
  const endedAt = new Date().toISOString();
  await history.change(runId, (current) => ({
    ...current,
    ...end,
    endedAt,
    attempts: endAttempt(current, attempt, { endedAt }),
  }));
}

/** Tells the queue that this attempt came to nothing, and history what follows from that. */
async function goOnLater(
  { runs, claim }: ClaimedWork,
  { runId, attempt }: { readonly runId: string; readonly attempt: number },
  outcome: Extract<Outcome, { readonly status: "broken" | "drained" }>,
): Promise<void> {
  const endedAt = new Date().toISOString();
  const cause = outcome.status === "broken" ? outcome.cause : "its worker was shut down";
  // History first: were we killed in between, the queue would give the run to somebody else.
  await runs.history.change(runId, (current) =>
    isFinal(current.state)
      ? undefined
      : { ...current, state: "queued", attempts: endAttempt(current, attempt, { endedAt, cause }) },
  );
  const answer =
    outcome.status === "broken" ? await claim.fail(outcome.cause) : await claim.handBack();
  if (answer === "dead" && outcome.status === "broken") {
    const message = `${outcome.cause}; it was tried ${attempt} times`;
    await endRun(runs, runId, attempt, {
      state: "failed",
      error: { code: outcome.code, message },
    });
  }
  if (answer === "cancelled") {
    const error = { code: "HEX_CANCELLED", message: CANCELLED } as const;
    await endRun(runs, runId, attempt, { state: "cancelled", error });
  }
}

const CANCELLED = "Expected the run to go on to its end, got a cancellation";

function endAttempt(
  { attempts }: RunRecord,
  attempt: number,
  end: { readonly endedAt: string; readonly cause?: string },
): RunRecord["attempts"] {
  return attempts.map((each) =>
    each.attempt === attempt && each.endedAt === undefined ? { ...each, ...end } : each,
  );
}

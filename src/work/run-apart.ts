import type { RequestedInputs } from "../cell/requested-input.ts";
import { HexError } from "../errors.ts";
import type { Project } from "../project/project.ts";
import { openProjectHistory } from "../project/project-store.ts";
import { openRunHistory } from "../run/history/run-history.ts";
import type { RunWishes } from "../run/history/run-record.ts";
import type { PartsRequest } from "../run/parts/join-parts.ts";
import type { RunSummary } from "../run/process/messages.ts";
import { type TaskFailure, toRunFailure } from "../run/process/process-ending.ts";
import type { RunProcess } from "../run/process/run-process.ts";
import type { Redactor } from "../run/redact/redactor.ts";
import type { CellResult, RunEvent, RunResult } from "../run/run-event.ts";
import type { RunWork } from "../run/run-work.ts";
import { ProcessCalls } from "./process-calls.ts";
import { startProjectProcess } from "./project-process.ts";
import { NOTES, type RunTask } from "./run-task.ts";
import { toAsked } from "./to-asked.ts";

/** A run that somebody waits for, and what was asked of it. */
export interface ApartWork
  extends Pick<
    RunWork,
    | "runId"
    | "attempt"
    | "trigger"
    | "plan"
    | "store"
    | "holder"
    | "signal"
    | "emit"
    | "runParts"
    | "now"
  > {
  readonly wishes: RunWishes;
  readonly asked: RequestedInputs;
  readonly environment: NodeJS.ProcessEnv;
  readonly redactor: Redactor;
}

/**
 * Runs in a process of its own, while this one renews its lease, listens, and kills it with all it
 * started when it does not stop.
 * @throws {HexError} HEX_RUN_CRASHED, and whatever ends a run before its cells go
 */
export async function runApart(project: Project, work: ApartWork): Promise<RunResult> {
  const { store, holder, signal, emit } = work;
  const startedMs = work.now();
  const child = startProjectProcess(project, work.environment, "whole");
  const tellWaiting = (other: string) =>
    emit({ type: "line-logged", line: `waiting for ${other}, which computes this project` });
  const onLost = (message: string) => child.note(NOTES.leaseLost, message);
  const calls = new ProcessCalls({
    store,
    holder,
    run: { id: work.runId, attempt: work.attempt },
    signal,
    onWaiting: tellWaiting,
    onLost,
    runParts: (payload, until) => runPartsAsked(payload, until, { work, child }),
  });
  const ended = new Map<string, CellResult>();
  const onEvent = (event: RunEvent) => {
    if (event.type === "cell-ended") ended.set(event.cell.name, event.cell);
    emit(event);
  };
  try {
    const ending = await child.run(toTask(project, work), {
      signal,
      onEvent,
      onLine: (_, line) => emit({ type: "line-logged", line }),
      redactLine: work.redactor.openLines(),
      onCall: calls.answer,
    });
    if (ending.status === "done") {
      const summary = ending.value as RunSummary;
      return (await openRunHistory(store).readResult(work.runId)) ?? summary;
    }
    if (ending.status === "crashed") await keepFromPublishing(project, work);
    return toCancelled(ending, { work, ended, startedMs });
  } finally {
    await calls.close();
  }
}

/** What a killed process has sent may arrive later than what is now told of its run. */
async function keepFromPublishing({ config }: Project, { store, runId }: ApartWork): Promise<void> {
  try {
    await openProjectHistory(store, config).goPast(runId);
  } catch (thrown) {
    // Where the store is away, the end of the run is not told now, but by whoever finds it.
    if (!(thrown instanceof HexError)) throw thrown;
  }
}

function toTask({ directory }: Project, work: ApartWork): RunTask {
  const { runId, attempt, trigger, plan, wishes, asked } = work;
  const { inputs, textInputs = [] } = toAsked(asked);
  const named = { directory, runId, attempt, context: plan.context, trigger };
  return { kind: "run", ...named, inputs, textInputs, ...wishes };
}

interface Asked {
  readonly work: ApartWork;
  readonly child: RunProcess;
}

/** Has the parts computed that the run's process asks for. */
function runPartsAsked(
  payload: unknown,
  signal: AbortSignal,
  { work, child }: Asked,
): Promise<void> {
  const order = payload as Omit<PartsRequest, "signal" | "onEnded">;
  const { frame } = order;
  const onEnded = (ended: number) => child.note(NOTES.partsEnded, { frame, ended });
  return work.runParts({ ...order, signal, onEnded });
}

interface Broken {
  readonly work: ApartWork;
  readonly ended: ReadonlyMap<string, CellResult>;
  readonly startedMs: number;
}

/** A run whose process had to be killed because it did not stop by itself; throws for any other end. */
function toCancelled(ending: TaskFailure, { work, ended, startedMs }: Broken): RunResult {
  const failure = toRunFailure(ending);
  if (failure.code !== "HEX_CANCELLED") {
    throw new HexError(failure.code, work.redactor.redact(failure.message, "text"));
  }
  const { runId, plan, now } = work;
  const message =
    "Expected the run to go on to its end, got an interruption (nothing was published)";
  return {
    runId,
    context: plan.context,
    status: "cancelled",
    startedAt: new Date(startedMs).toISOString(),
    elapsedMs: Math.round(now() - startedMs),
    version: null,
    isPublisher: false,
    cells: plan.cells.map(
      ({ name }) => ended.get(name) ?? { name, status: "skipped", elapsedMs: 0 },
    ),
    error: { code: "HEX_CANCELLED", message },
  };
}

import type { RequestedInputs } from "../cell/requested-input.ts";
import { HexError } from "../errors.ts";
import type { Project } from "../project/project.ts";
import { openProjectHistory } from "../project/project-store.ts";
import { openRunHistory } from "../run/history/run-history.ts";
import type { RunOptions } from "../run/history/run-record.ts";
import type { RunSummary } from "../run/process/messages.ts";
import { type TaskFailure, toRunFailure } from "../run/process/process-ending.ts";
import type { Redactor } from "../run/redact/redactor.ts";
import type { CellResult, RunEvent, RunResult } from "../run/run-event.ts";
import type { RunWork } from "../run/run-work.ts";
import { runTask } from "./process-calls.ts";
import { startProjectProcess } from "./project-process.ts";
import { type RunTask, toPlainInputs } from "./run-task.ts";

/** A run whose caller waits for it. */
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
  readonly options: RunOptions;
  readonly requested: RequestedInputs;
  readonly environment: NodeJS.ProcessEnv;
  readonly redactor: Redactor;
}

/**
 * Runs in a process of its own, while this one renews its lease, listens, and kills it with all it
 * started when it does not stop.
 * @throws {HexError} HEX_RUN_CRASHED, and any error that ends a run before its cells run
 */
export async function runApart(project: Project, work: ApartWork): Promise<RunResult> {
  const { store, holder, signal, emit, runParts, redactor, now } = work;
  const startedMs = now();
  const ended = new Map<string, CellResult>();
  const child = startProjectProcess(project, work.environment, "whole");
  const ending = await runTask(child, toTask(project, work), {
    ...{ store, holder, signal, runParts },
    onEvent: (event: RunEvent) => {
      if (event.type === "cell-ended") ended.set(event.cell.name, event.cell);
      emit(event);
    },
    log: (line) => emit({ type: "line-logged", line }),
    redactLine: redactor.openLines(),
    onEnding: async ({ status }) => {
      if (status === "crashed") await keepFromPublishing(project, work);
    },
  });
  if (ending.status === "done") {
    const summary = ending.value as RunSummary;
    return (await openRunHistory(store).readResult(work.runId)) ?? summary;
  }
  refuseFailed(ending, redactor);
  return toCancelled(work, ended, startedMs);
}

/** A message that a killed process has sent may arrive after the end of its run. */
async function keepFromPublishing({ config }: Project, { store, runId }: ApartWork): Promise<void> {
  try {
    await openProjectHistory(store, config).goPast(runId);
  } catch (thrown) {
    // Where the store is away, the end of the run is recorded when it is recovered.
    if (!(thrown instanceof HexError)) throw thrown;
  }
}

function toTask({ directory }: Project, work: ApartWork): RunTask {
  const { runId, attempt, trigger, plan, options, requested } = work;
  const { inputs, textInputs = [] } = toPlainInputs(requested);
  const named = { directory, runId, attempt, context: plan.context, trigger };
  return { kind: "run", ...named, inputs, textInputs, ...options };
}

function refuseFailed(ending: TaskFailure, redactor: Redactor): void {
  const { code, message } = toRunFailure(ending);
  if (code !== "HEX_CANCELLED") throw new HexError(code, redactor.redact(message, "text"));
}

/** The result of a run whose process was killed because it did not stop by itself. */
function toCancelled(
  { runId, plan, now }: ApartWork,
  ended: ReadonlyMap<string, CellResult>,
  startedMs: number,
): RunResult {
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

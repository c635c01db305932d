import { parseRunContext } from "../cell/run-context.ts";
import type { LogLine } from "../run/history/run-log.ts";
import {
  type CellRecord,
  RUN_STATES,
  type RunAttemptRecord,
  type RunRecord,
} from "../run/history/run-record.ts";
import { findProjectRun, findRun, listProjectRuns, readProjectLog } from "../work/run-lookup.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parseWholeNumber,
  parseWord,
} from "./command.ts";
import {
  formatInstant,
  formatMs,
  renderElapsed as renderCellTime,
  renderColumns,
  renderStatus,
  renderValues,
} from "./render.ts";
import { sayResult, toShownWord, warn } from "./terminal.ts";

/** The flags of `hex runs list`. */
export interface ListFlags extends CommandFlags {
  readonly context?: string;
  readonly status?: string;
  readonly limit: string;
  readonly before?: string;
}

/** `hex runs list`: runs, newest first. */
export async function printRuns(flags: ListFlags): Promise<number> {
  const { context, status, before } = flags;
  const { runs, next, warnings } = await listProjectRuns(flags.project, {
    context: context === undefined ? undefined : parseRunContext(context, "--context"),
    state: status === undefined ? undefined : parseWord(status, "--status", RUN_STATES),
    limit: parseWholeNumber(flags.limit, "--limit", { from: 1, to: 99_999 }),
    before,
  });
  for (const warning of warnings) warn(warning);
  sayResult(flags, { runs, next: next ?? null, warnings }, () =>
    runs.length === 0 ? "No such run is known." : renderRuns(runs, Date.now()),
  );
  return EXIT_COMPLETED;
}

/** `hex runs show RUN`: the record of a run. */
export async function show(runId: string, flags: CommandFlags): Promise<number> {
  const record = await findProjectRun(flags.project, runId);
  sayResult(flags, record, () => renderRun(record, Date.now()));
  return EXIT_COMPLETED;
}

/** `hex runs logs RUN`: the log of a run and its cells. */
export async function logs(runId: string, flags: CommandFlags): Promise<number> {
  const lines = await readProjectLog(flags.project, runId);
  if (lines.length === 0 && flags.json !== true) warn("The run has logged nothing.");
  else sayResult(flags, { lines }, () => renderLog(lines));
  return EXIT_COMPLETED;
}

/** `hex runs cancel RUN`: cancels a queued or running run. */
export async function cancel(
  idOrPrefix: string,
  flags: CommandFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const { openProjectRuns } = await import("../work/project-runs.ts");
  const { cancelRecordedRun } = await import("../work/recover-runs.ts");
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  try {
    const record = await findRun(runs.history, idOrPrefix);
    const { runId, state } = record;
    const answer = await cancelRecordedRun(runs, record);
    sayResult(flags, { runId, cancellation: answer }, () => CANCELLATIONS[answer](state));
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

const CANCELLATIONS = {
  cancelled: () => "The run is cancelled.",
  requested: () => "The run is asked to stop; `hex runs show` shows when it has.",
  ended: (state: string) => `The run had already ended: ${state}.`,
  untold: () => "The run is in an older hex-runtime, which cannot be asked: stop it there.",
};

const HEADINGS = [
  "run",
  "context",
  "trigger",
  "status",
  "started",
  "elapsed",
  "version",
  "schedule",
];

/** One line for each run. @param nowMs milliseconds since 1970 */
function renderRuns(runs: readonly RunRecord[], nowMs: number): string {
  const rows = runs.map((run) => [
    run.runId,
    run.context,
    run.trigger,
    run.state,
    run.startedAt === null ? "" : formatInstant(run.startedAt),
    renderElapsed(run, nowMs),
    renderVersion(run),
    run.occasion?.schedule ?? "",
  ]);
  return renderColumns([HEADINGS, ...rows]);
}

/** The whole record of a run. @param nowMs milliseconds since 1970 */
function renderRun(run: RunRecord, nowMs: number): string {
  const sections = [`Run ${run.runId}`, renderColumns(toFacts(run, nowMs))];
  if (run.attempts.length > 0) {
    sections.push("", "Attempts", renderColumns(run.attempts.map((each) => toRow(each, nowMs))));
  }
  if (run.cells.length > 0) sections.push("", "Cells", renderColumns(run.cells.map(toCellRow)));
  if (run.error !== undefined) {
    sections.push("", toShownWord(`${run.error.message} [${run.error.code}]`));
  }
  return sections.join("\n");
}

function renderLog(lines: readonly LogLine[]): string {
  return lines
    .map(({ at, cell, text }) => {
      const from = cell === undefined ? "" : `${cell}: `;
      return toShownWord(`${at.slice(0, 23).replace("T", " ")}  ${from}${text}`);
    })
    .join("\n");
}

function toFacts(run: RunRecord, nowMs: number): readonly (readonly string[])[] {
  const { state, context, trigger, requestedBy, occasion, inputs, submittedAt, startedAt } = run;
  const facts = [
    ["status", state],
    ["context", context],
    ["trigger", `${trigger}, asked for by ${requestedBy}`],
    ["schedule", occasion === undefined ? "" : `${occasion.schedule}, due ${occasion.instant}`],
    ["inputs", renderValues(inputs)],
    ["compute", run.compute ?? ""],
    ["submitted", formatInstant(submittedAt)],
    ["started", startedAt === null ? "" : formatInstant(startedAt)],
    ["elapsed", renderElapsed(run, nowMs)],
    ["version", renderVersion(run)],
  ];
  return facts.filter(([, fact]) => fact !== "");
}

function toRow(attempt: RunAttemptRecord, nowMs: number): readonly string[] {
  const { worker, startedAt, cause = "" } = attempt;
  const number = String(attempt.attempt);
  const elapsed = renderElapsed({ endedAt: null, ...attempt }, nowMs);
  return [number, formatInstant(startedAt), elapsed, worker, cause];
}

function toCellRow(cell: CellRecord): readonly string[] {
  const { name, error } = cell;
  return [name, renderStatus(cell), renderCellTime(cell), error?.message ?? ""];
}

function renderElapsed(
  { startedAt, endedAt }: Pick<RunRecord, "startedAt" | "endedAt">,
  nowMs: number,
): string {
  if (startedAt === null) return "";
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return formatMs(Math.max(0, endMs - Date.parse(startedAt)));
}

function renderVersion({ version, isPublisher }: RunRecord): string {
  if (version === null) return "";
  return `${version} ${isPublisher ? "published" : "read"}`;
}

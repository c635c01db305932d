import type { LogLine } from "../run/history/run-log.ts";
import type { CellRecord, RunAttemptRecord, RunRecord } from "../run/history/run-record.ts";
import { formatInstant, formatMs } from "./format-time.ts";
import { renderColumns } from "./render-columns.ts";
import { renderElapsed as renderCellTime, renderStatus } from "./render-status.ts";
import { toShownWord } from "./terminal.ts";

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

/** A line for each run. @param nowMs milliseconds since 1970 */
export function renderRuns(runs: readonly RunRecord[], nowMs: number): string {
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

/** All that is known of a run. @param nowMs milliseconds since 1970 */
export function renderRun(run: RunRecord, nowMs: number): string {
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

/** The lines of a log, as they were logged. */
export function renderLog(lines: readonly LogLine[]): string {
  return lines
    .map(({ at, cell, text }) => {
      const from = cell === undefined ? "" : `${cell}: `;
      return toShownWord(`${at.slice(0, 23).replace("T", " ")}  ${from}${text}`);
    })
    .join("\n");
}

function toFacts(run: RunRecord, nowMs: number): readonly (readonly string[])[] {
  const { state, context, trigger, requestedBy, occasion, inputs, submittedAt, startedAt } = run;
  const values = Object.entries(inputs).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const facts = [
    ["status", state],
    ["context", context],
    ["trigger", `${trigger}, asked for by ${requestedBy}`],
    ["schedule", occasion === undefined ? "" : `${occasion.schedule}, due ${occasion.instant}`],
    ["inputs", values.join(" ")],
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

interface Span {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

function renderElapsed({ startedAt, endedAt }: Span, nowMs: number): string {
  if (startedAt === null) return "";
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return formatMs(Math.max(0, endMs - Date.parse(startedAt)));
}

function renderVersion({ version, isPublisher }: RunRecord): string {
  if (version === null) return "";
  return `${version} ${isPublisher ? "published" : "read"}`;
}

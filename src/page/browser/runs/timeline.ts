import { formatDuration } from "../../../text.ts";
import type { CellProgress } from "../../../work/run-progress.ts";
import type { ShownRun } from "../../history-state.ts";

/** The attempts and cells of a run in time: plain data that a picture and a table are made of. */
export interface Timeline {
  /** how long the axis is; milliseconds */
  readonly lengthMs: number;
  readonly attempts: readonly TimelineAttempt[];
  readonly cells: readonly TimelineCell[];
  /** whether some cells ran at an unknown time */
  readonly hasUnplaced: boolean;
}

export interface TimelineSpan {
  /** milliseconds from the start of the first attempt, as is the end */
  readonly fromMs: number;
  readonly toMs: number;
}

interface TimelineAttempt extends TimelineSpan {
  readonly attempt: number;
  readonly isOpen: boolean;
  /** why it ended without a result; empty when it did not */
  readonly cause: string;
}

/** The status of a cell in a timeline. */
export type TimelineStatus = CellProgress["status"] | "waiting" | "interrupted";

export interface TimelineCell {
  readonly name: string;
  readonly status: TimelineStatus;
  /** null when it did not run, or at an unknown time */
  readonly span: TimelineSpan | null;
  /** how far a running cell is, 0 to 1 */
  readonly fraction: number | null;
  /** its own message, or why it failed */
  readonly message: string;
  /** what stands at its bar: "computed 5.2 s" */
  readonly label: string;
}

/** A run, and the cells of its events, by name, which count before those of the run. */
export interface TimelineFacts {
  readonly run: ShownRun;
  readonly cells: ReadonlyMap<string, CellProgress>;
  /** by the server's clock: milliseconds since 1970 */
  readonly nowMs: number;
}

/** Puts a run's attempts and cells on one axis. */
export function toTimeline({ run, cells, nowMs }: TimelineFacts): Timeline {
  const startMs = Date.parse(run.startedAt ?? run.submittedAt);
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  const toOffset = (ms: number) => Math.max(0, ms - startMs);
  const attempts = run.attempts.map(({ attempt, startedAt, endedAt, cause = "" }) => {
    const isOpen = endedAt === undefined && run.endedAt === null;
    const toMs = toOffset(endedAt === undefined ? endMs : Date.parse(endedAt));
    return { attempt, fromMs: toOffset(Date.parse(startedAt)), toMs, isOpen, cause };
  });
  const rows = toRows(run, cells);
  const placed = rows.map((cell) => toTimelineCell(cell, toOffset(endMs), toOffset));
  const ends = [...attempts, ...placed.flatMap(({ span }) => span ?? [])].map(({ toMs }) => toMs);
  return {
    lengthMs: Math.max(1, toOffset(endMs), ...ends),
    attempts,
    cells: placed,
    hasUnplaced: rows.some(isUnplaced),
  };
}

/** A cell of which may be known no more than its name. */
type Row = CellProgress | { readonly name: string; readonly status: "waiting" };

/** All cells in file order; those that the project no longer has come last, in their own order. */
function toRows(run: ShownRun, heard: ReadonlyMap<string, CellProgress>): readonly Row[] {
  const known = new Map(run.cells.map((cell) => [cell.name, cell]));
  for (const [name, cell] of heard) known.set(name, cell);
  // The record has all cells of a run that is over, in the order of its own time.
  if (run.endedAt !== null || !run.isQueued) return [...known.values()];
  const waiting = run.order.map((name): Row => known.get(name) ?? { name, status: "waiting" });
  return [...waiting, ...[...known.values()].filter(({ name }) => !run.order.includes(name))];
}

function toTimelineCell(cell: Row, endMs: number, toOffset: (ms: number) => number): TimelineCell {
  const { name } = cell;
  if (cell.status === "waiting") {
    return { name, status: "waiting", span: null, fraction: null, message: "", label: "waiting" };
  }
  const { message, fraction } = cell;
  const status: TimelineStatus = isInterrupted(cell) ? "interrupted" : cell.status;
  const span = toSpan(cell, endMs, toOffset);
  const common = { name, status, span, message };
  if (status === "running") {
    const label = `${Math.round(fraction * 100)} %${message === "" ? "" : ` · ${message}`}`;
    return { ...common, fraction, label };
  }
  const hasRun = status !== "pruned" && status !== "skipped";
  const label = hasRun ? `${status} ${formatDuration(cell.elapsedMs ?? 0)}` : status;
  return { ...common, fraction: null, label };
}

function isUnplaced(cell: Row): boolean {
  return cell.status !== "waiting" && cell.startedAt === undefined && (cell.elapsedMs ?? 0) > 0;
}

/** A cell that had begun when its run was stopped. */
function isInterrupted({ status, startedAt }: CellProgress): boolean {
  return status === "skipped" && startedAt !== undefined;
}

function toSpan(
  { status, startedAt, elapsedMs = 0 }: CellProgress,
  endMs: number,
  toOffset: (ms: number) => number,
): TimelineSpan | null {
  if (startedAt === undefined) return null;
  const fromMs = toOffset(Date.parse(startedAt));
  return { fromMs, toMs: status === "running" ? Math.max(fromMs, endMs) : fromMs + elapsedMs };
}

import type { RunContext } from "../cell/run-context.ts";
import { planDescribed } from "../project/plan-described.ts";
import type { DescribedCell } from "../project/project-description.ts";
import type { CellProgress } from "../project/run-progress.ts";
import type { RunRecord } from "../run/history/run-record.ts";
import type { PageRun, PageRunCell } from "./page-state.ts";

/** Whether a run in a context is to publish: whether anything computes there that is published. */
export function isToPublish(cells: readonly DescribedCell[], context: RunContext): boolean {
  return cells.some(
    ({ kind, computeIn }) => (kind === "cached" || kind === "cell") && computeIn.includes(context),
  );
}

/**
 * How far a run is that waits or goes.
 * @param progress what is known of its cells; none where nobody tells
 */
export function toPageRun(
  { runId, state, context, startedAt }: RunRecord,
  cells: readonly DescribedCell[],
  progress: readonly CellProgress[],
): PageRun {
  const known = new Map(progress.map((cell) => [cell.name, cell]));
  const planned = planDescribed(cells, context).cells.filter(({ action }) => action !== "pruned");
  const inPlan = new Set(planned.map(({ name }) => name));
  const told = cells
    .filter(({ name }) => inPlan.has(name))
    .map(({ name }) => toRunCell(name, known.get(name)));
  const done = told.reduce((sum, { status, fraction }) => sum + toDone(status, fraction), 0);
  return {
    runId,
    state: state === "queued" ? "queued" : "running",
    startedAt: state === "queued" ? null : startedAt,
    fraction: told.length === 0 ? 0 : done / told.length,
    cells: told,
  };
}

const STATUSES: Readonly<Record<CellProgress["status"], PageRunCell["status"]>> = {
  running: "running",
  computed: "ended",
  read: "ended",
  kept: "ended",
  pruned: "ended",
  skipped: "ended",
  failed: "failed",
};

function toRunCell(name: string, progress: CellProgress | undefined): PageRunCell {
  if (progress === undefined) return { name, status: "waiting", fraction: null, message: "" };
  const { message } = progress;
  const status = STATUSES[progress.status];
  // A cell that tells nothing of itself stands at 0 all the time.
  const isTold = progress.fraction > 0 && status === "running";
  return { name, status, fraction: isTold ? progress.fraction : null, message };
}

function toDone(status: PageRunCell["status"], fraction: number | null): number {
  return status === "ended" || status === "failed" ? 1 : (fraction ?? 0);
}

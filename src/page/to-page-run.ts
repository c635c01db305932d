import type { RunContext } from "../cell/run-context.ts";
import type { PageSettings } from "../project/page-settings.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { planDescribed } from "../project/project-description.ts";
import type { RunRecord } from "../run/history/run-record.ts";
import type { CellProgress } from "../work/run-progress.ts";
import { findPageCells } from "./page-cells.ts";
import type { PageRun, PageRunCell } from "./page-state.ts";

/** Whether a run in a context is to publish: whether anything computes there that is published. */
export function isToPublish(cells: readonly DescribedCell[], context: RunContext): boolean {
  return cells.some(
    ({ kind, computeIn }) => (kind === "cached" || kind === "cell") && computeIn.includes(context),
  );
}

/** Facts about a run besides its record. */
export interface PageRunFacts {
  readonly cells: readonly DescribedCell[];
  readonly page: Pick<PageSettings, "hide" | "layout">;
  /** of its cells; empty when none was reported */
  readonly progress: readonly CellProgress[];
}

/**
 * How far a run is that waits or goes. Cells that are not on the page count for that, and neither
 * their names nor their messages are sent.
 */
export function toPageRun(
  { runId, state, context, startedAt }: RunRecord,
  { cells, page, progress }: PageRunFacts,
): PageRun {
  const known = new Map(progress.map((cell) => [cell.name, cell]));
  const planned = planDescribed(cells, context).cells.filter(({ action }) => action !== "pruned");
  const inPlan = new Set(planned.map(({ name }) => name));
  const all = cells
    .filter(({ name }) => inPlan.has(name))
    .map(({ name }) => toRunCell(name, known.get(name)));
  const shown = new Set(findPageCells(cells, page).map(({ name }) => name));
  const done = all.reduce((sum, { status, fraction }) => sum + toDone(status, fraction), 0);
  return {
    runId,
    state: state === "queued" ? "queued" : "running",
    startedAt: state === "queued" ? null : startedAt,
    fraction: all.length === 0 ? 0 : done / all.length,
    cells: all.filter(({ name }) => shown.has(name)),
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
  // A cell that reports no progress stays at 0.
  const isTold = progress.fraction > 0 && status === "running";
  return { name, status, fraction: isTold ? progress.fraction : null, message };
}

function toDone(status: PageRunCell["status"], fraction: number | null): number {
  return status === "ended" || status === "failed" ? 1 : (fraction ?? 0);
}

import type { ListedRun, ShownRun } from "../../../page/history-state.ts";
import { type CellRecord, isFinal, type RunRecord } from "../../../run/history/run-record.ts";
import type { CellProgress } from "../../../work/run-progress.ts";
import type { Caller } from "../../caller.ts";
import { mayDo } from "../../caller.ts";

/** A run in a list. */
export function toListedRun(record: RunRecord): ListedRun {
  const { runId, context, trigger, state, requestedBy, occasion, error } = record;
  const { submittedAt, startedAt, endedAt, version, isPublisher } = record;
  return {
    ...{ runId, context, trigger, state, requestedBy, occasion: occasion ?? null },
    ...{ submittedAt, startedAt, endedAt, version, isPublisher, error: error ?? null },
  };
}

/** What does not stand in the record of a run. */
export interface AroundRun {
  readonly caller: Caller | null;
  /** names of the project's cells, in file order */
  readonly order: readonly string[];
  /** milliseconds since 1970 */
  readonly nowMs: number;
}

/** All of a run but its log. */
export function toShownRun(record: RunRecord, { caller, order, nowMs }: AroundRun): ShownRun {
  const { inputs, attempts, cells, state, isQueued } = record;
  return {
    ...toListedRun(record),
    ...{ inputs, isQueued, attempts, order },
    cells: cells.map(toProgress),
    mayCancel: !isFinal(state) && caller !== null && mayDo(caller, "run"),
    now: new Date(nowMs).toISOString(),
  };
}

/** A cell that has ended, as the events of a run tell it. */
function toProgress({ name, status, startedAt, elapsedMs, error }: CellRecord): CellProgress {
  const began = startedAt === undefined ? {} : { startedAt };
  return { name, status, fraction: 1, message: error?.message ?? "", ...began, elapsedMs };
}

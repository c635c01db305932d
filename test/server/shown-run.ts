import type { ShownFrame } from "../../src/run/cell-output.ts";
import { toShownOutput } from "../../src/run/cell-output.ts";
import { newRunId } from "../../src/run/history/run-id.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import { keepShownFrames } from "../../src/run/history/shown-frames.ts";
import type { CellResult, RunResult } from "../../src/run/run-event.ts";
import type { ServedProject } from "./served-project.ts";

export interface ShownRunSpec {
  /** what each cell gave, by its name */
  readonly values: Readonly<Record<string, unknown>>;
  /** the version and frame that a cell read, by its name */
  readonly read?: Readonly<Record<string, { readonly version: number; readonly frame: string }>>;
  /** whether whole frames are kept, as runs in a process of their own do */
  readonly isKept?: boolean;
}

/** Leaves in a project's store what a run does that has ended well; gives the run's id. */
export async function leaveShownRun(
  { runs }: Pick<ServedProject, "runs">,
  { values, read = {}, isKept = true }: ShownRunSpec,
): Promise<string> {
  const runId = newRunId();
  const at = new Date().toISOString();
  const frames = new Map<string, ShownFrame>();
  const cells = Object.entries(values).map(([name, value]): CellResult => {
    const { output, shown } = toShownOutput(name, value);
    const origin = read[name];
    if (shown !== undefined) frames.set(name, { frame: shown, publishedAs: origin?.frame });
    const data = origin && { version: origin.version, ...UNKNOWN };
    return { name, status: "computed", elapsedMs: 1, output, ...(data && { data }) };
  });
  const result: RunResult = {
    ...{ runId, context: "app", status: "completed", startedAt: at, elapsedMs: 1 },
    ...{ version: null, isPublisher: false, cells },
  };
  await runs.history.writeResult(runId, result);
  if (isKept) await keepShownFrames(runs.store, { result, attempt: 1, frames });
  await runs.history.record(toRecord(result));
  return runId;
}

const UNKNOWN = { computedAt: null, ageMs: null, stale: false, sameCode: null };

function toRecord({ runId, context, startedAt, cells }: RunResult): RunRecord {
  return {
    ...{ format: 1, runId, context, trigger: "api", requestedBy: "tess", inputs: {} },
    ...{ acceptSchema: false, isQueued: true, state: "completed", submittedAt: startedAt },
    ...{ startedAt, endedAt: startedAt, version: null, isPublisher: false },
    attempts: [{ attempt: 1, worker: "tess@lab:1", startedAt, endedAt: startedAt }],
    cells: cells.map(({ output: _, data: _data, ...cell }) => cell),
  };
}

import type { RunPlan } from "../cell/plan.ts";
import { framesRead } from "../cell/plan.ts";
import { widgetIn } from "../cell/shown-input.ts";
import { HexError } from "../errors.ts";
import { ColumnReads } from "./column-reads.ts";
import type { ComputedCell } from "./compute-cell.ts";
import type { Publishing, RunInProgress } from "./publish-run.ts";
import { runCells } from "./run-cells.ts";
import {
  type CellResult,
  oldestOf,
  type RunError,
  type RunEvent,
  type RunResult,
  type RunStatus,
  toFreshness,
} from "./run-event.ts";
import { RunFrames } from "./run-frames.ts";
import type { RunWork } from "./run-work.ts";

/** How a run ended. */
interface RunEnding {
  readonly status: RunStatus;
  readonly version: number | null;
  readonly isPublisher: boolean;
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly error?: RunError;
}

/** Executes a plan: reads from one version, runs the cells, publishes once at the end or not at all. */
export async function runPlan(work: RunWork): Promise<RunResult> {
  const startedMs = work.now();
  work.emit({ type: "run-started", runId: work.runId, plan: work.plan });
  const ended = new Map<string, CellResult>();
  const began = new Map<string, number>();
  const isSaved = work.hasDefaultInputs && mayPublish(work.plan);
  const emit = (event: RunEvent) => {
    if (event.type === "cell-started") began.set(event.name, work.now());
    if (event.type === "cell-ended") ended.set(event.cell.name, event.cell);
    work.emit(event);
  };
  const onWarning = (line: string) => emit({ type: "line-logged", line });
  const frameNames = framesRead(work.plan);
  // A run that hands whole frames on, or publishes, needs all columns, also when its cells have ended.
  const isLazy = work.onShown === undefined && !mayPublish(work.plan);
  const frames = new RunFrames({ ...work, onWarning, frameNames, isLazy });
  const computed = new Map<string, ComputedCell>();
  const onComputed = (name: string, each: ComputedCell) => {
    const isInput = widgetIn(each.output) !== undefined;
    // What is staged tells from which other frames it was computed.
    const isNoted = isInput || each.frame !== undefined || each.readsObjects === true;
    if (isSaved || isNoted) computed.set(name, each);
  };
  const reads = new ColumnReads();
  const recordedDefaults = async () => (await frames.version()).commit?.defaults;
  // What is published is what everybody reads by default: it is found anew.
  const defaults = mayPublish(work.plan) ? {} : { recordedDefaults };
  const own = { emit, onWarning, onComputed, frames, reads, began, ended, computed };
  const run = { ...work, ...defaults, ...own };
  const ending = await runToEnd(run);
  const result = toResult(run, ending, startedMs);
  work.emit({ type: "run-ended", result });
  return result;
}

/** Whether a run may publish frames, be it by cached cells or by cells that write them themselves. */
export function mayPublish({ context, computeIn, cells }: RunPlan): boolean {
  const computed = cells.filter(({ action }) => action === "computed");
  return computed.some(
    ({ kind }) => kind === "cached" || (kind === "cell" && computeIn.includes(context)),
  );
}

async function runToEnd(run: RunInProgress): Promise<RunEnding> {
  let publishing: Publishing | undefined;
  try {
    if (!mayPublish(run.plan)) return await runToPublication(run, undefined);
    // Most runs only read: they never load what publishes.
    const { startPublishing, preparePublication } = await import("./publish-run.ts");
    publishing = await startPublishing(run);
    return await runToPublication(await preparePublication(run, publishing), publishing);
  } catch (thrown) {
    return toBrokenEnding(thrown, run, publishing);
  } finally {
    await publishing?.lease?.release();
  }
}

/** Runs the cells and, when all of them have ended well, publishes what they staged. */
async function runToPublication(
  run: RunInProgress,
  publishing: Publishing | undefined,
): Promise<RunEnding> {
  const cells = await runCellsAnew(run);
  const failed = [...cells.values()].find(({ status }) => status === "failed");
  if (failed?.error !== undefined) {
    const version = await versionRead(run);
    return { status: "failed", version, isPublisher: false, cells, error: failed.error };
  }
  run.signal.throwIfAborted();
  warnOfUnused(run);
  const { own } = run;
  if (own !== undefined) return { status: "completed", version: own, isPublisher: true, cells };
  if (publishing === undefined && run.frames.staged.size === 0)
    return { status: "completed", version: await versionRead(run), isPublisher: false, cells };
  const { hasMoved, publishFrames } = await import("./publish-run.ts");
  const isPublisher = run.frames.staged.size > 0 || (await hasMoved(run, publishing));
  const version = isPublisher ? await publishFrames(run, publishing) : await versionRead(run);
  if (run.planChanged !== undefined && publishing !== undefined && !isPublisher) {
    const what = run.hasDefaultInputs ? "what is published hangs" : "heavy cells hang";
    run.onWarning(`nothing has changed that ${what} on: there is no new version`);
  }
  return { status: "completed", version, isPublisher, cells };
}

/** Runs the cells, and once more where a frame of the first time turned out to be damaged half-way. */
async function runCellsAnew(run: RunInProgress): Promise<ReadonlyMap<string, CellResult>> {
  const cells = await runCells(run);
  if (!run.frames.isLost) return cells;
  run.onWarning("A frame turned out to be damaged while it was used: the cells run once more");
  return runCells(run);
}

/** Most likely the name is written wrongly. */
function warnOfUnused(run: RunInProgress): void {
  const { overwrite = [], frames, onWarning } = run;
  for (const name of overwrite.filter((each) => !frames.staged.has(each))) {
    onWarning(`--overwrite ${name} allows nothing: this run publishes no frame of that name`);
  }
}

/** The version the run read from, or null when it read nothing or could not. */
async function versionRead({ frames }: RunInProgress): Promise<number | null> {
  if (frames.pinned === undefined) return null;
  const version = await frames.pinned.catch(() => undefined);
  return version?.number ?? null;
}

function toBrokenEnding(
  thrown: unknown,
  { signal, plan, began, ended, now }: RunInProgress,
  publishing: Publishing | undefined,
): RunEnding {
  const cells = new Map([...skippedCells({ plan, began, ended, now }), ...ended]);
  const nothing = { version: null, isPublisher: false, cells };
  // A publication that had begun when the signal came reports its own end.
  const isOwnFailure =
    thrown instanceof HexError && thrown !== signal.reason && thrown.code !== "HEX_CANCELLED";
  if (signal.aborted && !isOwnFailure) {
    const message =
      "Expected the run to go on to its end, got an interruption (nothing was published)";
    return { ...nothing, status: "cancelled", error: { code: "HEX_CANCELLED", message } };
  }
  const lost = publishing?.lease?.lost;
  const cause: unknown = lost?.aborted ? lost.reason : thrown;
  if (!(cause instanceof HexError)) throw cause;
  const { code, message } = cause;
  return { ...nothing, status: "failed", error: { code, message } };
}

/** The cells that had not ended; some had begun. */
function skippedCells({
  plan,
  began,
  ended,
  now,
}: Pick<RunInProgress, "plan" | "began" | "ended" | "now">) {
  const unfinished = plan.cells.filter(({ name }) => !ended.has(name));
  return unfinished.map(({ name }): [string, CellResult] => {
    const beganMs = began.get(name);
    if (beganMs === undefined) return [name, { name, status: "skipped", elapsedMs: 0 }];
    const startedAt = new Date(beganMs).toISOString();
    const elapsedMs = Math.round(now() - beganMs);
    return [name, { name, status: "skipped", startedAt, elapsedMs }];
  });
}

function toResult(run: RunInProgress, ending: RunEnding, startedMs: number): RunResult {
  const { runId, plan, now } = run;
  const cells = run.cells.cells.flatMap(({ name }) => {
    const cell = ending.cells.get(name);
    return cell === undefined ? [] : withComputedData(cell, run, ending);
  });
  const data = oldestOf(cells.flatMap((cell) => cell.data ?? []));
  return {
    runId,
    context: plan.context,
    status: ending.status,
    startedAt: new Date(startedMs).toISOString(),
    elapsedMs: Math.round(now() - startedMs),
    version: ending.version,
    isPublisher: ending.isPublisher,
    ...(data === undefined ? {} : { data }),
    cells,
    ...(ending.error === undefined ? {} : { error: ending.error }),
  };
}

/** A frame that a run has computed and published itself is as fresh as can be. */
function withComputedData(cell: CellResult, run: RunInProgress, ending: RunEnding): CellResult {
  const staged = [...run.frames.staged.values()].find((each) => each.cell === cell.name);
  if (staged === undefined || ending.status !== "completed") return cell;
  const { computedAt, codeHash = "" } = staged;
  const rule = { maxAgeMs: undefined, codeHash, nowMs: run.now() };
  return { ...cell, data: toFreshness({ version: ending.version, computedAt, codeHash }, rule) };
}

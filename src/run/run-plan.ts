import { framesRead } from "../cell/plan.ts";
import { widgetIn } from "../cell/shown-input.ts";
import { HexError } from "../errors.ts";
import { assertFree } from "../store/claim-names.ts";
import { publish } from "../store/publication.ts";
import type { Version } from "../store/version.ts";
import { findOwnVersion, listVersions } from "../store/versions.ts";
import { ColumnReads } from "./column-reads.ts";
import type { ComputedCell } from "./compute-cell.ts";
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
import { mayPublish, type Publishing, startPublishing } from "./run-publishing.ts";
import type { RunWork } from "./run-work.ts";
import { hasMovedOutputs, isOfSameRun, refuseLostReads, toPublication } from "./to-publication.ts";

/** How a run ended, before it is told. */
interface RunEnding {
  readonly status: RunStatus;
  readonly version: number | null;
  readonly isPublisher: boolean;
  readonly cells: ReadonlyMap<string, CellResult>;
  readonly error?: RunError;
}

/** A run on its way: what it reads, stages and has found out so far. */
interface RunInProgress extends RunWork {
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
  /** when cells began, by name; milliseconds since 1970 */
  readonly began: ReadonlyMap<string, number>;
  /** results of the cells that have ended */
  readonly ended: ReadonlyMap<string, CellResult>;
  /** what cells have come to: all of them when that is to be published, else inputs and frames */
  readonly computed: ReadonlyMap<string, ComputedCell>;
  /** the version that an earlier attempt at this run has published: this one publishes none */
  readonly own?: number | undefined;
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
  const frames = new RunFrames({ ...work, onWarning, frameNames: framesRead(work.plan) });
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
  const run = { ...work, ...defaults, emit, onComputed, frames, reads, began, ended, computed };
  const ending = await runToEnd(run);
  const result = toResult(run, ending, startedMs);
  work.emit({ type: "run-ended", result });
  return result;
}

async function runToEnd(run: RunInProgress): Promise<RunEnding> {
  let publishing: Publishing | undefined;
  try {
    if (!mayPublish(run.plan)) return await runToPublication(run, undefined);
    publishing = await startPublishing({ ...run, onWarning: toWarn(run) });
    const { lease } = publishing;
    const signal = lease ? AbortSignal.any([run.signal, lease.lost]) : run.signal;
    const own = await findOwn(run);
    const isShared = own !== undefined || (await isJustPublished(run, publishing));
    const shared = { plan: run.sharedPlan, planChanged: undefined };
    const decided = isShared ? shared : await decide(run);
    const going = { ...run, ...decided, signal, own };
    if (!isShared) await refuseTakenNames(going);
    return await runToPublication(going, publishing);
  } catch (thrown) {
    return toBrokenEnding(thrown, run, publishing);
  } finally {
    await publishing?.lease?.release();
  }
}

/** The plan of a run that has the lease, by which nothing changes any more that is published. */
async function decide({ plan: whole, planChanged, frames }: RunInProgress) {
  if (planChanged === undefined) return { plan: whole };
  const { plan, defaults } = await planChanged(await frames.version());
  return { plan, recordedDefaults: async () => defaults };
}

/** Looks before anything is computed; it is made certain when the frames are published. */
async function refuseTakenNames({ plan, cells, frames, store, ...run }: RunInProgress) {
  const { signal, overwrite = [] } = run;
  const published = (await frames.version()).frames();
  const keyed = new Set(cells.cells.flatMap((cell) => (cell.keyInputs ? cell.name : [])));
  for (const { name, kind, action, frame = name } of plan.cells) {
    if (kind !== "cached" || action !== "computed" || keyed.has(name)) continue;
    if (published.has(frame) || overwrite.includes(frame)) continue;
    await assertFree(store, frame, { signal });
  }
}

/** Whether another run has published, since this one began, what this one would compute. */
async function isJustPublished(
  run: RunInProgress,
  { lease, before }: Publishing,
): Promise<boolean> {
  if (lease === undefined) return false;
  const { commit } = await run.frames.version();
  // By number: the clocks of two machines may differ.
  if (commit === undefined || commit.generation <= (before ?? 0)) return false;
  // Going back to a version computes nothing.
  if (commit.note !== undefined) return false;
  return isOfSameRun(run, commit);
}

/**
 * The version that an earlier attempt at this run has published. The lease is held by now, so that
 * none of them publishes any more.
 */
async function findOwn(run: RunInProgress): Promise<number | undefined> {
  const { store, runId, attempt, signal } = run;
  if (attempt === 1) return undefined;
  return findOwnVersion(await listVersions(store, { signal }), runId);
}

/** Runs the cells and, when all of them have ended well, publishes what they staged. */
async function runToPublication(
  run: RunInProgress,
  publishing: Publishing | undefined,
): Promise<RunEnding> {
  const cells = await runCells(run);
  const failed = [...cells.values()].find(({ status }) => status === "failed");
  if (failed?.error !== undefined) {
    const version = await versionRead(run);
    return { status: "failed", version, isPublisher: false, cells, error: failed.error };
  }
  run.signal.throwIfAborted();
  warnOfUnused(run);
  const { own } = run;
  if (own !== undefined) return { status: "completed", version: own, isPublisher: true, cells };
  const isPublisher = run.frames.staged.size > 0 || (await hasMoved(run, publishing));
  const version = isPublisher ? await publishFrames(run, publishing) : await versionRead(run);
  if (run.planChanged !== undefined && publishing !== undefined && !isPublisher) {
    const what = run.hasDefaultInputs ? "what is published hangs" : "heavy cells hang";
    toWarn(run)(`nothing has changed that ${what} on: there is no new version`);
  }
  return { status: "completed", version, isPublisher, cells };
}

/** Whoever allows a frame to replace something has most likely written another name than is published. */
function warnOfUnused(run: RunInProgress): void {
  const { overwrite = [], frames } = run;
  for (const name of overwrite.filter((each) => !frames.staged.has(each))) {
    toWarn(run)(`--overwrite ${name} allows nothing: this run publishes no frame of that name`);
  }
}

/** Whether what is shown and the defaults are to be published anew, though every frame is kept. */
async function hasMoved(run: RunInProgress, publishing: Publishing | undefined): Promise<boolean> {
  if (publishing === undefined || run.planChanged === undefined) return false;
  if (!run.hasDefaultInputs) return false;
  const version = await run.frames.version();
  const finished = { ...run, recorded: version.commit?.defaults };
  return hasMovedOutputs(finished, version, toWarn(run));
}

async function publishFrames(run: RunInProgress, publishing: Publishing | undefined) {
  const base: Version = await run.frames.version();
  if (!run.acceptSchema) refuseLostReads(run, base);
  return publish(run.store, {
    ...toPublication({ ...run, recorded: base.commit?.defaults }),
    base,
    conditions: publishing?.conditions ?? "required",
    fence: publishing?.lease?.fence,
    ...run.retention,
    signal: run.signal,
    now: run.now,
    onWarning: toWarn(run),
  });
}

function toWarn({ emit }: RunInProgress) {
  return (line: string) => emit({ type: "line-logged", line });
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
  // A publication that was on its way when the signal came tells itself what became of it.
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

/** Those that had not ended; of some that is known how far they came. */
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

/** What a run has computed and published itself is as fresh as can be. */
function withComputedData(cell: CellResult, run: RunInProgress, ending: RunEnding): CellResult {
  const staged = [...run.frames.staged.values()].find((each) => each.cell === cell.name);
  if (staged === undefined || ending.status !== "completed") return cell;
  const { computedAt, codeHash = "" } = staged;
  const rule = { maxAgeMs: undefined, codeHash, nowMs: run.now() };
  return { ...cell, data: toFreshness({ version: ending.version, computedAt, codeHash }, rule) };
}

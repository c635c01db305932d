import type { CellDefinition } from "../cell/cell.ts";
import type { RequestedInput } from "../cell/input-value.ts";
import type { PlannedCell, RunPlan } from "../cell/plan.ts";
import type { CellSource, LoadedCells } from "../source/load-cells.ts";
import type { Store } from "../store/store.ts";
import type { ColumnReads } from "./column-reads.ts";
import {
  type CellSurroundings,
  type CellValues,
  type ComputedCell,
  computeCell,
  readCell,
} from "./compute-cell.ts";
import { joinParts, type RunParts } from "./parts/join-parts.ts";
import { toCellError } from "./run-error.ts";
import type { CellResult, RunEvent } from "./run-event.ts";
import type { RunFrames } from "./run-frames.ts";
import type { ShowFrame } from "./shown-frame.ts";
import { type KeyInput, toVariant } from "./variant.ts";

/** What running the cells of a plan needs. */
export interface CellsWork {
  readonly runId: string;
  /** 1 for the first one */
  readonly attempt: number;
  readonly store: Store;
  /** has the parts of cells computed */
  readonly runParts: RunParts;
  readonly plan: RunPlan;
  readonly cells: LoadedCells;
  readonly frames: RunFrames;
  /** requested values by input name; an input that is not here has its default */
  readonly inputs: ReadonlyMap<string, RequestedInput>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onShown?: ShowFrame | undefined;
  /** notes which columns of the cached frames the cells read */
  readonly reads: ColumnReads;
  /** how old frames may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  /** milliseconds since 1970 */
  readonly now: () => number;
}

interface Outcome {
  readonly result: CellResult;
  readonly value?: unknown;
  /** name of the frame that was published or read, for a cached cell */
  readonly frame?: string | undefined;
}

/**
 * Runs a plan's cells, each as soon as the cells it waits for are done. A cell that fails takes
 * its dependents with it as `skipped`; the others go on. Rejects only when the signal is aborted.
 */
export async function runCells(work: CellsWork): Promise<ReadonlyMap<string, CellResult>> {
  const outcomes = new Map<string, Promise<Outcome>>();
  for (const planned of work.plan.cells) {
    outcomes.set(planned.name, runInTurn(planned, outcomes, work));
  }
  const results = await orAborted(Promise.all(outcomes.values()), work.signal);
  return new Map(results.map(({ result }) => [result.name, result]));
}

async function runInTurn(
  planned: PlannedCell,
  outcomes: ReadonlyMap<string, Promise<Outcome>>,
  work: CellsWork,
): Promise<Outcome> {
  const definition = startLoading(planned, work);
  const above = new Map<string, Outcome>();
  for (const name of planned.after) {
    const outcome = await outcomes.get(name);
    if (outcome !== undefined) above.set(name, outcome);
  }
  if (work.signal.aborted)
    return end(work, { name: planned.name, status: "skipped", elapsedMs: 0 });
  const broken = [...above.values()].some(({ result }) => hasNoValue(result));
  if (broken) return end(work, { name: planned.name, status: "skipped", elapsedMs: 0 });
  if (planned.action === "pruned") {
    return end(work, { name: planned.name, status: "pruned", elapsedMs: 0 });
  }
  return runOne(planned, { above, definition }, work);
}

/**
 * Loads a light cell's module while the cells above it still run; a failure is told when it is the
 * cell's turn. A heavy cell's imports may take long, and its time is its own.
 */
function startLoading({ name, action, kind }: PlannedCell, { cells }: CellsWork): Loading {
  if (action !== "computed" || kind === "cached") return undefined;
  const definition = cells.load(name);
  definition.catch(() => undefined);
  return definition;
}

type Loading = Promise<CellDefinition> | undefined;

/** What a cell has when its turn comes. */
interface Ready {
  readonly above: ReadonlyMap<string, Outcome>;
  readonly definition: Loading;
}

function hasNoValue({ status }: CellResult): boolean {
  return status === "failed" || status === "skipped";
}

async function runOne(planned: PlannedCell, ready: Ready, work: CellsWork): Promise<Outcome> {
  const { name, action } = planned;
  const startedMs = work.now();
  const startedAt = new Date(startedMs).toISOString();
  const elapsed = () => Math.round(work.now() - startedMs);
  work.emit({ type: "cell-started", name });
  try {
    const { value, output, shown, data, frame } = await execute(planned, ready, work);
    if (shown !== undefined) work.onShown?.(name, { frame: shown, publishedAs: frame });
    const told = data === undefined ? {} : { data };
    const cell = { name, status: action, startedAt, elapsedMs: elapsed(), output, ...told };
    return { ...end(work, cell, value), frame };
  } catch (thrown) {
    const error = toCellError(thrown, planned, work.cells.sourcePlace(thrown));
    return end(work, { name, status: "failed", startedAt, elapsedMs: elapsed(), error });
  }
}

async function execute(
  planned: PlannedCell,
  { above, definition }: Ready,
  work: CellsWork,
): Promise<ComputedCell> {
  const { name } = planned;
  const { plan, frames, secrets, signal, emit } = work;
  const source = work.cells.cells.find((each) => each.name === name);
  const variant = toVariant(planned.frame ?? name, keyInputsOf(source, above));
  const progress = (fraction: number, message = "") =>
    emit({ type: "cell-progressed", name, fraction: clamp(fraction), message });
  const log = (line: string) => emit({ type: "line-logged", name, line: String(line) });
  const exchange = { ...pickAttempt(work), cell: name, frame: variant.frame };
  const around: CellSurroundings = {
    plan,
    planned,
    frames,
    secrets,
    signal,
    requested: work.inputs.get(name),
    variant,
    rule: () => ({
      maxAgeMs: source?.maxAgeMs ?? work.maxAgeMs,
      codeHash: source?.codeHash ?? "",
      nowMs: work.now(),
    }),
    codeHash: source?.codeHash ?? "",
    progress,
    log,
    joinParts: (parts, values) =>
      joinParts(parts, values, { exchange, runParts: work.runParts, signal, progress, log }),
  };
  if (planned.action === "read") return readCell(around);
  const loaded = await (definition ?? work.cells.load(name));
  return computeCell(loaded, valuesFor(source, above, work), around);
}

function pickAttempt({ store, runId, attempt }: CellsWork) {
  return { store, runId, attempt };
}

function valuesFor(
  source: CellSource | undefined,
  above: ReadonlyMap<string, Outcome>,
  { reads }: CellsWork,
): CellValues {
  const { name = "", named = {} } = source ?? {};
  return Object.fromEntries(
    Object.entries(named).map(([key, cellName]) => {
      const outcome = above.get(cellName);
      return [key, reads.handOver(outcome?.value, name, outcome?.frame)];
    }),
  );
}

function keyInputsOf(
  source: CellSource | undefined,
  above: ReadonlyMap<string, Outcome>,
): readonly KeyInput[] {
  return (source?.keyInputs ?? []).map((name) => {
    const outcome = above.get(name);
    const output = outcome?.result.output;
    const initial = output?.kind === "value" ? output.input?.default : undefined;
    return { name, value: outcome?.value, initial };
  });
}

function end({ emit }: CellsWork, cell: CellResult, value?: unknown): Outcome {
  emit({ type: "cell-ended", cell });
  return { result: cell, value };
}

function clamp(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

/** Stops waiting when the signal is aborted, even for a cell that does not listen to it. */
async function orAborted<Result>(waited: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise: aborted, reject } = withReject();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function withReject() {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}

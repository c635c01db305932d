import type { CellDefinition } from "../cell/cell.ts";
import type { PlannedCell } from "../cell/plan.ts";
import type { CellSource, LoadedCells } from "../source/load-cells.ts";
import type { Store } from "../store/store.ts";
import { toShownOutput } from "./cell-output.ts";
import {
  type CellSurroundings,
  type CellValues,
  type ComputedCell,
  computeCell,
  computeInput,
  readCell,
} from "./compute-cell.ts";
import { type FrameOrigin, type FreshnessRule, toFreshness } from "./freshness.ts";
import { toHandedChange } from "./handed-change.ts";
import type { RememberedCell } from "./light/cell-memory.ts";
import {
  type RecallWork,
  recallCell,
  rememberCell,
  toCellKey,
  toInputKey,
} from "./light/recall-cell.ts";
import { orAborted } from "./or-aborted.ts";
import { joinParts, type RunParts } from "./parts/join-parts.ts";
import { type DefaultsWork, findRecorded, type RecordedDefault } from "./recorded-default.ts";
import { toCellError } from "./run-error.ts";
import type { CellResult, RunEvent } from "./run-event.ts";
import { shareValue } from "./shared-value.ts";
import type { ShowFrame } from "./shown-frame.ts";
import { type KeyInput, toVariant } from "./variant.ts";

/** What running the cells of a plan needs. */
export interface CellsWork extends RecallWork, DefaultsWork {
  readonly runId: string;
  /** 1 for the first one */
  readonly attempt: number;
  readonly store: Store;
  /** has the parts of cells computed */
  readonly runParts: RunParts;
  readonly cells: LoadedCells;
  readonly secrets: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onShown?: ShowFrame | undefined;
  /** told what each cell has come to */
  readonly onComputed?: ((name: string, computed: ComputedCell) => void) | undefined;
  /** told of a cell right before its own code is called, which may never come back */
  readonly onComputing?: ((name: string) => void) | undefined;
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
  /** the published frame whose columns a remembered value has */
  readonly source?: string | undefined;
  /** stands for the value in the keys of the cells below; undefined when they are not remembered */
  readonly key?: string | undefined;
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
function startLoading(
  { name, action, kind }: PlannedCell,
  { cells, isSparing = false }: CellsWork,
): Loading {
  if (action !== "computed" || kind === "cached" || isSparing) return undefined;
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
  work.emit({ type: "cell-started", name });
  try {
    const source = work.cells.cells.find((each) => each.name === name);
    const recorded = await findRecorded(source, work);
    const { computed, key, known } = await find(planned, { ...ready, source, recorded }, work);
    const { value, output, shown, origin, frame } = computed;
    work.onComputed?.(name, computed);
    if (planned.kind === "input") work.onInput?.(name, value);
    if (shown !== undefined) work.onShown?.(name, { frame: shown, publishedAs: frame });
    const data = origin && { data: toFreshness(origin, toRule(source, work)) };
    const elapsedMs = known === undefined ? Math.round(work.now() - startedMs) : 0;
    const since = planned.keptSince === undefined ? {} : { keptSince: planned.keptSince };
    const cell = { name, status: action, startedAt, elapsedMs, ...since, output, ...data };
    return { ...end(work, cell, value), frame, key, source: known?.source };
  } catch (thrown) {
    const error = toCellError(thrown, planned, work.cells.sourcePlace(thrown));
    const elapsedMs = Math.round(work.now() - startedMs);
    return end(work, { name, status: "failed", startedAt, elapsedMs, error });
  }
}

interface Found {
  readonly computed: ComputedCell;
  readonly key: string | undefined;
  /** undefined when the cell was run */
  readonly known: RememberedCell | undefined;
}

/** What a cell comes to: what is remembered of it, or else what it gives now. */
async function find(planned: PlannedCell, ready: ReadySource, work: CellsWork): Promise<Found> {
  const { name, kind } = planned;
  const codeHash = ready.source?.codeHash ?? "";
  const above = [...ready.above].map(([each, outcome]) => [each, outcome.key] as const);
  const key = toCellKey({ planned, codeHash, above }, work);
  const known = await recallCell(key, { planned, work });
  if (known !== undefined) work.onKnown?.(name, "memory");
  if (known === undefined) {
    const origins: FrameOrigin[] = [];
    const computed = await execute(planned, ready, {
      ...work,
      onRead: (each) => origins.push(each),
    });
    const ownKey = await rememberCell(key, { name, computed, origins }, work);
    return { computed, key: kind === "input" ? toInputKey(ownKey, computed) : ownKey, known };
  }
  const widget = known.output.kind === "value" ? known.output.input : undefined;
  if (widget === undefined) return { computed: toComputed(known), key: known.key, known };
  const { inputs, standIns } = work;
  const computed = computeInput(name, widget, {
    requested: inputs.get(name),
    recorded: ready.recorded,
    standIns,
  });
  return { computed, key: toInputKey(known.key, computed), known };
}

interface ReadySource extends Ready {
  readonly source: CellSource | undefined;
  readonly recorded: RecordedDefault | undefined;
}

function toComputed({ value, output, shown, origin, frame }: RememberedCell): ComputedCell {
  return {
    value,
    output,
    ...(shown && { shown }),
    ...(origin && { origin }),
    ...(frame !== undefined && { frame }),
  };
}

async function execute(
  planned: PlannedCell,
  { above, definition, source, recorded }: ReadySource,
  work: CellsWork & Pick<CellSurroundings, "onRead">,
): Promise<ComputedCell> {
  const { name } = planned;
  const { plan, frames, secrets, signal, standIns, onRead, emit } = work;
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
    recorded,
    standIns,
    variant,
    onRead,
    codeHash: source?.codeHash ?? "",
    progress,
    log,
    joinParts: (parts, values) =>
      joinParts(parts, values, { exchange, runParts: work.runParts, signal, progress, log }),
  };
  if (planned.action === "read" || planned.action === "kept") return readCell(around);
  const adopted = await adoptCell(around, source, work);
  if (adopted !== undefined) return adopted;
  const loaded = await (definition ?? work.cells.load(name));
  const values = valuesFor(source, above, work);
  work.onComputing?.(name);
  try {
    return await computeCell(loaded, values, around);
  } catch (thrown) {
    const place = work.cells.sourcePlace(thrown);
    throw toHandedChange(thrown, { name, file: planned.file, values, place });
  }
}

/** A cached cell whose frame was published before; it is staged, as if it had been computed. */
async function adoptCell(
  { planned: { name, kind }, frames, variant }: CellSurroundings,
  source: CellSource | undefined,
  { adopt, onKnown }: CellsWork,
): Promise<ComputedCell | undefined> {
  if (kind !== "cached" || source === undefined) return undefined;
  const adopted = await adopt?.(source, variant, frames);
  if (adopted === undefined) return undefined;
  const { staged, origin } = adopted;
  frames.restage(variant.frame, staged);
  onKnown?.(name, "store");
  const { frame } = staged;
  return { value: frame, ...toShownOutput(name, frame), origin, frame: variant.frame };
}

function toRule(source: CellSource | undefined, { maxAgeMs, now }: CellsWork): FreshnessRule {
  const codeHash = source?.codeHash ?? "";
  return { maxAgeMs: source?.maxAgeMs ?? maxAgeMs, codeHash, nowMs: now() };
}

function pickAttempt({ store, runId, attempt }: CellsWork) {
  return { store, runId, attempt };
}

/** What a cell is handed: nothing by which it could change what others are handed. */
function valuesFor(
  source: CellSource | undefined,
  above: ReadonlyMap<string, Outcome>,
  { reads }: CellsWork,
): CellValues {
  const { name = "", named = {} } = source ?? {};
  return Object.fromEntries(
    Object.entries(named).map(([key, cellName]) => {
      const { value, frame, source: origin } = above.get(cellName) ?? {};
      return [key, reads.handOver(shareValue(value).handOver(), name, frame ?? origin)];
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

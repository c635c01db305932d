import { setMaxListeners } from "node:events";
import type { CellDefinition } from "../cell/cell.ts";
import type { PlannedCell } from "../cell/plan.ts";
import { widgetIn } from "../cell/shown-input.ts";
import type { SchemaSpec } from "../frame/schema.ts";
import { orAborted } from "../or-aborted.ts";
import type { CellSource } from "../source/cell-sources.ts";
import type { ColumnReads } from "./column-reads.ts";
import {
  type CellSurroundings,
  type CellValues,
  type ComputedCell,
  computeCell,
  computeInput,
  readCell,
} from "./compute-cell.ts";
import { CsvReportLog } from "./csv-report-log.ts";
import type { CellTurn, ExecutedCell, Recall, RecalledCell } from "./recall.ts";
import { type DefaultsWork, findRecorded, type RecordedDefault } from "./recorded-default.ts";
import { toCellError, toHandedChange } from "./run-error.ts";
import { type CellResult, type FrameOrigin, type FreshnessRule, toFreshness } from "./run-event.ts";
import { type KeyInput, type RunFrames, toVariant, type Variant } from "./run-frames.ts";
import type { RunWork } from "./run-work.ts";
import { shareValue } from "./shared-value.ts";

/** Needs of running the cells of a plan. */
interface CellsWork
  extends DefaultsWork,
    Recall,
    Pick<
      RunWork,
      | "plan"
      | "runId"
      | "attempt"
      | "store"
      | "runParts"
      | "cells"
      | "secrets"
      | "findSecret"
      | "signal"
      | "emit"
      | "onShown"
      | "maxAgeMs"
      | "now"
    > {
  readonly frames: RunFrames;
  readonly reads: ColumnReads;
  /** told what each cell has come to */
  readonly onComputed?: ((name: string, computed: ComputedCell) => void) | undefined;
  /** told of a cell right before its own code is called, which may never come back */
  readonly onComputing?: ((name: string) => void) | undefined;
}

interface Outcome {
  readonly result: CellResult;
  /** what it came to: a known value may be read only once a cell below needs it */
  readonly computed?: Pick<ComputedCell, "value">;
  /** name of the frame that was published or read, for a cached cell */
  readonly frame?: string | undefined;
  /** the published frame whose columns a known value has */
  readonly source?: string | undefined;
}

/**
 * Runs a plan's cells, each as soon as the cells it waits for are done. A cell that fails takes
 * its dependents with it as `skipped`; the others go on. Rejects only when the signal is aborted.
 */
export async function runCells(cellsWork: CellsWork): Promise<ReadonlyMap<string, CellResult>> {
  const work = { ...cellsWork, mayReadCsv: mayReadCsv(cellsWork) };
  const outcomes = new Map<string, Promise<Outcome>>();
  // Each of many cells may listen.
  setMaxListeners(0, work.signal);
  for (const planned of work.plan.cells) {
    outcomes.set(planned.name, runWhenReady(planned, outcomes, work));
  }
  const results = await orAborted(Promise.all(outcomes.values()), work.signal);
  return new Map(results.map(({ result }) => [result.name, result]));
}

interface Work extends CellsWork {
  readonly mayReadCsv: boolean;
}

/** Whether any code of this run may read CSV: only then is it worth what following its calls costs. */
function mayReadCsv({ plan, cells }: CellsWork): boolean {
  const readers = new Set(cells.cells.flatMap(({ name, readsCsv }) => (readsCsv ? name : [])));
  return plan.cells.some(({ name, action }) => action === "computed" && readers.has(name));
}

async function runWhenReady(
  planned: PlannedCell,
  outcomes: ReadonlyMap<string, Promise<Outcome>>,
  work: Work,
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

/** Values that a cell has when its turn comes. */
interface Ready {
  readonly above: ReadonlyMap<string, Outcome>;
  readonly definition: Loading;
}

function hasNoValue({ status }: CellResult): boolean {
  return status === "failed" || status === "skipped";
}

async function runOne(planned: PlannedCell, ready: Ready, work: Work): Promise<Outcome> {
  const { name, action } = planned;
  const startedMs = work.now();
  const startedAt = new Date(startedMs).toISOString();
  const log = (line: string) => work.emit({ type: "line-logged", name, line });
  const csv = new CsvReportLog(log);
  work.emit({ type: "cell-started", name });
  try {
    const source = work.cells.cells.find((each) => each.name === name);
    const recorded = await findRecorded(source, work);
    const found = await find(planned, { ...ready, source, recorded, csv }, work);
    const { output, shown, origin, frame } = found.computed;
    work.onComputed?.(name, found.computed);
    if (shown !== undefined) work.onShown?.(name, { frame: shown, publishedAs: frame });
    const data = origin && { data: toFreshness(origin, toRule(source, work)) };
    const elapsedMs = found.from === "memory" ? 0 : Math.round(work.now() - startedMs);
    const since = planned.keptSince === undefined ? {} : { keptSince: planned.keptSince };
    const facts = { name, status: action, startedAt, elapsedMs, ...since };
    const cell = { ...facts, output, ...csv.result, ...data };
    return { ...end(work, cell), computed: found.computed, frame, source: found.source };
  } catch (thrown) {
    const error = toCellError(thrown, planned, work.cells.sourcePlace(thrown));
    const elapsedMs = Math.round(work.now() - startedMs);
    return end(work, { name, status: "failed", startedAt, elapsedMs, ...csv.result, error });
  }
}

/** Result of a cell: the known one, or else the one that it gives now. */
async function find(planned: PlannedCell, ready: ReadySource, work: Work): Promise<RecalledCell> {
  const { recall, inputs, standIns, onKnown } = work;
  const { name, kind } = planned;
  const variant = toVariant(planned.frame ?? name, keyInputsOf(ready.source, ready.above));
  const run = async (): Promise<ExecutedCell> => {
    const origins: FrameOrigin[] = [];
    const onRead = (each: FrameOrigin) => origins.push(each);
    return {
      computed: await execute(planned, { ...ready, variant }, { ...work, onRead }),
      origins,
    };
  };
  if (recall === undefined) return { computed: (await run()).computed };
  const found = await recall.find({ ...pickTurn(work), planned, variant }, run);
  if (found.from !== undefined) onKnown?.(name, found.from);
  if (kind !== "input") return found;
  const widget = widgetIn(found.computed.output);
  const isOld = found.from !== undefined && widget !== undefined;
  const computed = isOld
    ? computeInput(name, widget, {
        requested: inputs.get(name),
        recorded: ready.recorded,
        standIns,
      })
    : found.computed;
  recall.noteInput(name, computed);
  return { ...found, computed };
}

function pickTurn({
  plan,
  frames,
  reads,
  signal,
}: CellsWork): Omit<CellTurn, "planned" | "variant"> {
  return { plan, frames, reads, signal };
}

interface ReadySource extends Ready {
  readonly source: CellSource | undefined;
  readonly recorded: RecordedDefault | undefined;
  readonly csv: CsvReportLog;
}

async function execute(
  planned: PlannedCell,
  {
    above,
    definition,
    source,
    variant,
    recorded,
    csv,
  }: ReadySource & { readonly variant: Variant },
  work: Work & Pick<CellSurroundings, "onRead">,
): Promise<ComputedCell> {
  const { name } = planned;
  const { plan, frames, secrets, signal, standIns, onRead, emit } = work;
  const progress = (fraction: number, message = "") =>
    emit({ type: "cell-progressed", name, fraction: clamp(fraction), message });
  const log = (line: string) => emit({ type: "line-logged", name, line: String(line) });
  const exchange = { ...pickAttempt(work), cell: name, frame: variant.frame };
  const around: CellSurroundings = {
    plan,
    planned,
    frames,
    secrets,
    findSecret: work.findSecret,
    signal,
    requested: work.inputs.get(name),
    recorded,
    standIns,
    variant,
    findSchema: () => findSchema(source, work),
    onCsv: csv.add,
    onRead,
    codeHash: source?.codeHash ?? "",
    progress,
    log,
    joinParts: async (parts, values, context) => {
      const { joinParts } = await import("./parts/join-parts.ts");
      return joinParts(parts, values, { exchange, runParts: work.runParts, context });
    },
  };
  if (planned.action === "read" || planned.action === "kept") return readCell(around);
  const loaded = await (definition ?? work.cells.load(name));
  const values = valuesFor(source, above, work);
  work.onComputing?.(name);
  try {
    const compute = () => computeCell(loaded, values, around);
    return await (work.mayReadCsv ? csv.around(compute) : compute());
  } catch (thrown) {
    const place = work.cells.sourcePlace(thrown);
    throw toHandedChange(thrown, { name, file: planned.file, values, place });
  }
}

/** A value that is written out is known; else the cell is evaluated, which loads its imports. */
async function findSchema(
  source: CellSource | undefined,
  { cells }: CellsWork,
): Promise<SchemaSpec | undefined> {
  const { name = "", schema } = source ?? {};
  if (schema !== "elsewhere") return schema;
  const loaded = await cells.load(name);
  return loaded.kind === "cached" ? loaded.options.schema : undefined;
}

function toRule(source: CellSource | undefined, { maxAgeMs, now }: CellsWork): FreshnessRule {
  const codeHash = source?.codeHash ?? "";
  return { maxAgeMs: source?.maxAgeMs ?? maxAgeMs, codeHash, nowMs: now() };
}

function pickAttempt({ store, runId, attempt }: CellsWork) {
  return { store, runId, attempt };
}

/** Values for a cell: nothing by which it could change the values of others. */
function valuesFor(
  source: CellSource | undefined,
  above: ReadonlyMap<string, Outcome>,
  { reads }: CellsWork,
): CellValues {
  const { name = "", named = {} } = source ?? {};
  return Object.fromEntries(
    Object.entries(named).map(([key, cellName]) => {
      const { computed, frame, source: origin } = above.get(cellName) ?? {};
      return [key, reads.handOver(shareValue(computed?.value).handOver(), name, frame ?? origin)];
    }),
  );
}

function keyInputsOf(
  source: CellSource | undefined,
  above: ReadonlyMap<string, Outcome>,
): readonly KeyInput[] {
  return (source?.keyInputs ?? []).map((name) => {
    const outcome = above.get(name);
    const initial = widgetIn(outcome?.result.output)?.default;
    return { name, value: outcome?.computed?.value, initial };
  });
}

function end({ emit }: CellsWork, cell: CellResult): Outcome {
  emit({ type: "cell-ended", cell });
  return { result: cell };
}

function clamp(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

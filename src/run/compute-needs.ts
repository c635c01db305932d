import type { CellDefinition } from "../cell/cell.ts";
import { namesAbove } from "../cell/graph.ts";
import { type InputValue, readInputValue } from "../cell/input-value.ts";
import type { InputWidget } from "../cell/input-widget.ts";
import type { ComputeNeed, RunPlan } from "../cell/plan.ts";
import type { RequestedInputs } from "../cell/requested-input.ts";
import { HexError } from "../errors.ts";
import type { CellSource } from "../source/cell-sources.ts";
import type { LoadedCells } from "../source/load-cells.ts";
import type { Version } from "../store/version.ts";
import {
  type CellFingerprints,
  isInput,
  nearOf,
  toCellState,
  toStateChanges,
} from "./cell-fingerprints.ts";
import { toVariant } from "./run-frames.ts";

/** Input of the decision which heavy cells need to be computed. */
interface NeedsWork {
  /** what the run would do if all of them did */
  readonly plan: RunPlan;
  readonly cells: LoadedCells;
  readonly fingerprints: CellFingerprints;
  /** values of the inputs that are known before the run, by name */
  readonly inputs: ReadonlyMap<string, PlannedInput>;
  /** the newest version */
  readonly version: Version;
  /** how old frames may be whose cell does not say so itself; undefined: as old as they get */
  readonly maxAgeMs: number | undefined;
  readonly nowMs: number;
}

/**
 * Tells of each heavy cell that may compute in a run whether it needs to: unless what it hangs on is
 * still the same as when its frame was published.
 */
export function findNeeds(work: NeedsWork): ReadonlyMap<string, ComputeNeed> {
  const needs = new Map<string, ComputeNeed>();
  const frames = new Map<string, string>();
  const heavy = work.plan.cells.filter(({ kind }) => kind === "cached");
  // Each comes after those above it.
  for (const { name, action } of heavy) {
    const source = work.cells.cells.find((each) => each.name === name);
    if (source === undefined) continue;
    const variant = toPlannedVariant(source, work) ?? "";
    const need =
      action === "computed" ? findNeed(source, { variant, needs, frames }, work) : undefined;
    if (need !== undefined) needs.set(name, need);
    const published = work.version.frames().get(variant);
    if (need?.isNeeded || published === undefined) continue;
    frames.set(variant, published.csv.sha256);
  }
  return needs;
}

/** The frame that a cell would publish; undefined when an input of its key is not known. */
function toPlannedVariant(
  { name, frame = name, keyInputs = [] }: CellSource,
  { inputs }: NeedsWork,
): string | undefined {
  const known = keyInputs.flatMap((each) => {
    const input = inputs.get(each);
    return input === undefined ? [] : [{ name: each, ...input }];
  });
  return known.length < keyInputs.length ? undefined : toVariant(frame, known).frame;
}

interface Above {
  /** the frame that it would publish */
  readonly variant: string;
  /** of the cells above it, and others */
  readonly needs: ReadonlyMap<string, ComputeNeed>;
  /** SHA-256 of the frames above it that are read, by name */
  readonly frames: ReadonlyMap<string, string>;
}

function findNeed(
  source: CellSource,
  { variant, needs, frames }: Above,
  work: NeedsWork,
): ComputeNeed {
  const { cells, fingerprints, inputs, version, nowMs } = work;
  const published = version.frames().get(variant);
  const above = [...namesAbove(cells.cells, [source.name])];
  const unknown = above.filter((each) => isInput(each, cells.cells) && !inputs.has(each));
  if (unknown.length > 0) return needed(`input ${unknown.join(", ")} is known only in the run`);
  if (published === undefined) return needed("it is not published");
  const { state, computedAt } = published;
  if (state === undefined) return needed("what it was computed from is not known");
  const anew = nearOf(source.name, cells.cells)
    .heavy.map(({ name }) => name)
    .filter((each) => needs.get(each)?.isNeeded);
  const values = new Map([...inputs].map(([name, { value }]) => [name, value]));
  const now = toCellState(source.name, cells, fingerprints, { inputs: values, frames });
  // A frame that is computed anew above it is missing among those that are read.
  const known = { ...state, frames: anew.length > 0 ? now.frames : state.frames };
  const changes = toStateChanges(known, now).map((each) =>
    each === "its data changed" ? dataChange(source, cells) : each,
  );
  const computed = anew.map((each) => `${each} is computed anew`);
  if (changes.length + computed.length > 0) return needed([...changes, ...computed].join(", "));
  const mostMs = source.maxAgeMs ?? work.maxAgeMs;
  if (mostMs !== undefined && nowMs - Date.parse(computedAt) > mostMs) {
    return needed("it is older than its maxAge");
  }
  const since = version.since(variant);
  return {
    isNeeded: false,
    reason: `nothing it hangs on changed since version ${since}`,
    ...(since === undefined ? {} : { keptSince: since }),
  };
}

function needed(reason: string): ComputeNeed {
  return { isNeeded: true, reason };
}

const FILES_TOLD = 3;

/** Which files may have changed: their contents are told apart all at once. */
function dataChange({ name }: CellSource, { cells }: LoadedCells): string {
  const near = nearOf(name, cells).names;
  const files = cells
    .filter((each) => each.name === name || near.includes(each.name))
    .flatMap(({ dataFiles }) => dataFiles);
  const [first, ...others] = [...new Set(files)].sort();
  if (first === undefined) return "its data changed";
  if (others.length === 0) return `${first} changed`;
  const told = [first, ...others].slice(0, FILES_TOLD).join(", ");
  const more = others.length + 1 - FILES_TOLD;
  return `one of ${told}${more > 0 ? ` and ${more} more files` : ""} changed`;
}

/** An input whose value is known before a run. */
interface PlannedInput {
  readonly value: InputValue;
  /** its default */
  readonly initial: unknown;
}

/**
 * The values that inputs will have in a run, by name: of those that hang on nothing but other inputs.
 * The others are known only once cells have run.
 */
export async function planInputs(
  cells: LoadedCells,
  requested: RequestedInputs,
): Promise<ReadonlyMap<string, PlannedInput>> {
  const known = new Map<string, PlannedInput>();
  let waiting = cells.cells.filter(({ kind }) => kind === "input");
  for (let size = -1; size < known.size; ) {
    size = known.size;
    const ready = waiting.filter(({ dependencies }) =>
      dependencies.every((each) => known.has(each)),
    );
    waiting = waiting.filter((each) => !ready.includes(each));
    for (const source of ready) {
      const widget = await findWidget(source, cells, known);
      const input = widget && planInput(source.name, widget, requested);
      if (input !== undefined) known.set(source.name, input);
    }
  }
  return known;
}

/** The run itself tells why it cannot be had, and fails. */
async function findWidget(
  { name, named, widget }: CellSource,
  cells: LoadedCells,
  known: ReadonlyMap<string, PlannedInput>,
): Promise<InputWidget | undefined> {
  if (widget !== undefined) return widget;
  const values = Object.entries(named).map(([key, each]) => [key, known.get(each)?.value]);
  const definition: CellDefinition | undefined = await cells.load(name).catch(() => undefined);
  if (definition?.kind !== "input") return undefined;
  try {
    return definition.widget(Object.fromEntries(values));
  } catch {
    return undefined;
  }
}

/** A value that the widget refuses is told by the run as well. */
function planInput(
  name: string,
  widget: InputWidget,
  requested: RequestedInputs,
): PlannedInput | undefined {
  try {
    return { value: readInputValue(name, widget, requested.get(name)), initial: widget.default };
  } catch (thrown) {
    if (!(thrown instanceof HexError)) throw thrown;
    return undefined;
  }
}

import { isDeepStrictEqual } from "node:util";
import { namesBelow } from "../cell/graph.ts";
import { readInputValue } from "../cell/input-value.ts";
import { inputValueIn, toInputOutput } from "../cell/shown-input.ts";
import type { PageSettings } from "../project/page-settings.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { planDescribed } from "../project/project-description.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { SavedOutput, SavedOutputs } from "../run/saved-outputs.ts";
import type { Commit } from "../store/manifest/manifest.ts";
import type { PageCell } from "./page-state.ts";

export interface PageCellsOptions extends PlacedCells {
  /** of the version that is shown; undefined when it has none */
  readonly saved: readonly SavedOutput[] | undefined;
  /** values that inputs have unless a viewer sets them, by name */
  readonly inputs: ReadonlyMap<string, unknown>;
  /** inputs that had another value when that was saved: what hangs on them is to be asked for */
  readonly moved: ReadonlySet<string>;
}

/** The cells that a page shows, as they were saved: no cell runs for it. */
export function toPageCells(
  cells: readonly DescribedCell[],
  { saved = [], inputs, moved, ...placed }: PageCellsOptions,
): readonly PageCell[] {
  const shown = findPageCells(cells, placed);
  const movedBelow = namesBelow(cells, [...moved]);
  const savedCells = new Map(saved.map((cell) => [cell.name, cell]));
  const isMoved = (name: string) => moved.has(name) || movedBelow.has(name);
  return shown.map((cell) => {
    const { name, title, kind } = cell;
    const known = savedCells.get(name);
    const isSame = known !== undefined && isStill(known, cell) && !isMoved(name);
    const below = namesBelow(cells, [name]);
    const saved = isSame ? undefined : toSavedOutput(cell, inputs.get(name));
    return {
      name,
      title,
      kind,
      below: shown.flatMap((other) => (below.has(other.name) ? other.name : [])),
      output: saved ?? known?.output ?? null,
      // Output from the source has no result id.
      result: saved === undefined ? (known?.result ?? null) : null,
      error: null,
      isOutdated: !isSame && saved === undefined,
    };
  });
}

/** Whether what was saved of a cell came of the code that it has now, and of the data it names. */
function isStill({ codeHash, output, state }: SavedOutput, cell: DescribedCell): boolean {
  if (codeHash !== cell.codeHash || output === null) return false;
  // Of cached cells the frame counts, not their data files.
  return cell.kind === "cached" || state === null || state.data === cell.data;
}

/** Which cells the config wants on the page. */
type PlacedCells = Pick<PageSettings, "hide"> & Partial<Pick<PageSettings, "layout">>;

/**
 * The cells that are on the page: all or those that the config places, without what it hides and what
 * an app run leaves out, which shows nothing.
 */
export function findPageCells(
  cells: readonly DescribedCell[],
  { hide, layout }: PlacedCells,
): readonly DescribedCell[] {
  const planned = planDescribed(cells, "app").cells;
  const pruned = planned.filter(({ action }) => action === "pruned").map(({ name }) => name);
  const hidden = new Set([...hide, ...pruned]);
  const placed = layout && new Set(layout.flatMap(({ rows }) => rows.flat()));
  return cells.filter(({ name }) => !hidden.has(name) && placed?.has(name) !== false);
}

/** The output of a cell that its source defines: prose, or an input that depends on no data. */
function toSavedOutput(
  { name, kind, source, widget }: DescribedCell,
  configured: unknown,
): CellOutput | undefined {
  if (kind === "prose") return { kind: "markdown", markdown: source };
  if (widget === null) return undefined;
  const asked = { value: configured, form: "json", place: `input ${name}` } as const;
  try {
    const value = readInputValue(name, widget, configured === undefined ? undefined : asked);
    return toInputOutput(value, widget);
  } catch {
    // A value that breaks the rule is refused by the evaluation.
    return undefined;
  }
}

/** The sources of inputs' values before a viewer sets them. */
interface InputFacts {
  /** values that the config gives, by name */
  readonly configured: ReadonlyMap<string, unknown>;
  /** what a version recorded; undefined where nothing is published, or nothing was recorded */
  readonly defaults: Commit["defaults"];
  readonly saved: SavedOutputs | undefined;
}

/**
 * Values of inputs that no viewer has set, by the rule of viewers' runs: the value of the config, or
 * else the one that the version recorded, as long as the input's code is the same. An input
 * of which neither is known is not in it. Those that only feed published frames are left out.
 */
export function toInputValues(
  cells: readonly DescribedCell[],
  { configured, defaults = {}, saved }: InputFacts,
): ReadonlyMap<string, unknown> {
  const planned = planDescribed(cells, "app").cells;
  const isPruned = new Map(planned.map(({ name, action }) => [name, action === "pruned"]));
  const inputs = cells.filter(({ name, kind }) => kind === "input" && isPruned.get(name) !== true);
  return new Map(
    inputs.flatMap((cell): [string, unknown][] => {
      const { name, codeHash } = cell;
      if (configured.has(name)) return [[name, configured.get(name)]];
      if (Object.hasOwn(defaults, name)) {
        const recorded = defaults[name];
        return recorded?.code === codeHash ? [[name, recorded.value]] : [];
      }
      const shown = toShownValue(cell, saved);
      return shown === undefined ? [] : [[name, shown]];
    }),
  );
}

/** Inputs that were another value when a version's outputs were saved. */
export function findMoved(
  values: ReadonlyMap<string, unknown>,
  { saved }: Pick<InputFacts, "saved">,
): ReadonlySet<string> {
  const before = saved?.inputs ?? {};
  const moved = [...values].filter(
    ([name, value]) => Object.hasOwn(before, name) && !isDeepStrictEqual(before[name], value),
  );
  return new Set(moved.map(([name]) => name));
}

/** The value that an input's cell showed, for versions that recorded no defaults. */
function toShownValue({ name, codeHash }: DescribedCell, saved: SavedOutputs | undefined): unknown {
  const known = saved?.cells.find((cell) => cell.name === name);
  return known?.codeHash === codeHash ? inputValueIn(known.output) : undefined;
}

import { readInputValue } from "../cell/input-value.ts";
import { toInputOutput } from "../cell/shown-input.ts";
import type { PageSettings } from "../project/page-settings.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { planDescribed } from "../project/project-description.ts";
import type { CellOutput } from "../run/cell-output.ts";
import type { SavedOutput } from "../run/saved-outputs.ts";
import type { PageCell } from "./page-state.ts";

export interface PageCellsOptions extends PlacedCells {
  /** of the version that is shown; undefined when it has none */
  readonly saved: readonly SavedOutput[] | undefined;
  /** values that inputs have unless a viewer sets them, by name */
  readonly inputs: ReadonlyMap<string, unknown>;
  /** inputs that had another value when that was saved: what hangs on them is to be asked for */
  readonly moved: ReadonlySet<string>;
}

/** The cells that a page shows, as they were saved: no cell runs to tell this. */
export function toPageCells(
  cells: readonly DescribedCell[],
  { saved = [], inputs, moved, ...placed }: PageCellsOptions,
): readonly PageCell[] {
  const shown = findPageCells(cells, placed);
  const below = findBelow(cells);
  const savedCells = new Map(saved.map((cell) => [cell.name, cell]));
  const isMoved = (name: string) =>
    [...moved].some((input) => input === name || below.get(input)?.has(name) === true);
  return shown.map((cell) => {
    const { name, title, kind } = cell;
    const known = savedCells.get(name);
    const isSame = known !== undefined && isStill(known, cell) && !isMoved(name);
    const told = isSame ? undefined : toToldOutput(cell, inputs.get(name));
    return {
      name,
      title,
      kind,
      below: shown.flatMap((other) => (below.get(name)?.has(other.name) ? other.name : [])),
      output: told ?? known?.output ?? null,
      // What the source tells was computed by nobody.
      result: told === undefined ? (known?.result ?? null) : null,
      error: null,
      isOutdated: !isSame && told === undefined,
    };
  });
}

/** Whether what was saved of a cell came of the code that it has now, and of the data it names. */
function isStill({ codeHash, output, state }: SavedOutput, cell: DescribedCell): boolean {
  if (codeHash !== cell.codeHash || output === null) return false;
  // Of heavy cells the frame counts, whatever their data is by now.
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

/** The cells that hang on each, also through others. */
function findBelow(cells: readonly DescribedCell[]): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, string[]>(cells.map(({ name }) => [name, []]));
  for (const { name, dependencies } of cells) {
    for (const above of dependencies) users.get(above)?.push(name);
  }
  const findUsers = (name: string) => {
    const found = new Set<string>();
    const waiting = [...(users.get(name) ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...(users.get(next) ?? []));
    }
    return found;
  };
  return new Map(cells.map(({ name }) => [name, findUsers(name)]));
}

/** What a cell shows whose source tells it: prose, and an input that hangs on no data. */
function toToldOutput(
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
    // A value that breaks the rule is told by the run that is asked for then.
    return undefined;
  }
}

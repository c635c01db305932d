import { isDeepStrictEqual } from "node:util";
import { inputValueIn } from "../cell/shown-input.ts";
import type { DescribedCell } from "../project/project-description.ts";
import { planDescribed } from "../project/project-description.ts";
import type { SavedOutputs } from "../run/saved-outputs.ts";
import type { Commit } from "../store/manifest/manifest.ts";

/** What tells the values that inputs have unless a viewer sets them. */
export interface InputFacts {
  /** values that the config gives, by name */
  readonly configured: ReadonlyMap<string, unknown>;
  /** what a version recorded; undefined where nothing is published, or nothing was recorded */
  readonly defaults: Commit["defaults"];
  readonly saved: SavedOutputs | undefined;
}

/**
 * What each input has unless a viewer sets it, by the rule by which viewers' runs find it: what the
 * config says, or else what the version recorded, as long as the input's code is the same. An input
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

import { readInputValue } from "../../../cell/input-value.ts";
import { toMessage } from "../../../errors.ts";
import type { PageCell } from "../../page-state.ts";
import { fromAbove, isSettled, type ReadAddress } from "./address.ts";
import {
  type InputCell,
  isDefault,
  type SetInput,
  type SetInputs,
  widgetOf,
} from "./set-inputs.ts";

/** Inputs that were set before a new version, judged anew by the widgets that it shows. */
export function keptInputs(
  before: SetInputs,
  cells: readonly (PageCell & InputCell)[],
): ReadAddress {
  const ground = { cells, inputs: new Map(), setAt: 0 };
  const inputs = new Map<string, SetInput>();
  const faults = goneInputs(before, cells);
  for (const cell of fromAbove(cells)) {
    const set = before.get(cell.name);
    if (set === undefined) continue;
    const fault = isSettled(cell, ground, inputs) ? faultOf(set, cell) : undefined;
    if (fault !== undefined) faults.push({ name: cell.name, message: fault });
    else if (!("value" in set && isDefault(cell, set.value))) inputs.set(cell.name, set);
  }
  return { inputs, faults };
}

function goneInputs(before: SetInputs, cells: readonly PageCell[]) {
  return [...before.keys()]
    .filter((name) => !cells.some((cell) => cell.name === name && cell.kind === "input"))
    .map((name) => ({
      name,
      message: `Expected input ${name} to be part of the new version, got a page without it (it is left out)`,
    }));
}

function faultOf(set: SetInput, cell: PageCell): string | undefined {
  const widget = widgetOf(cell);
  if (widget === undefined) return undefined;
  const place = `input ${cell.name} in the new version`;
  try {
    readInputValue(cell.name, widget, {
      value: "text" in set ? set.text : set.value,
      form: "text" in set ? "text" : "json",
      place,
    });
    return undefined;
  } catch (error) {
    return `${toMessage(error)} (the default is shown instead)`;
  }
}

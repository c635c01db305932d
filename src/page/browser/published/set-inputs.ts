import type { InputWidget } from "../../../cell/input.ts";
import type { InputValue } from "../../../cell/input-value.ts";
import type { PageCell } from "../../page-state.ts";
import { isSameValue } from "./input-text.ts";

/** An input that a viewer has set to something else than its default. */
export type SetInput = (
  | { readonly value: InputValue }
  /** from the address, as long as its widget is not known for sure */
  | { readonly text: string }
) & {
  /** the revision of the page in which it was set */
  readonly setAt: number;
};

/** By name; inputs that are not here have their default. */
export type SetInputs = ReadonlyMap<string, SetInput>;

/** The widget of an input, where its cell has shown one. */
export function widgetOf({ output }: Pick<PageCell, "output">): InputWidget | undefined {
  return output?.kind === "value" ? output.input : undefined;
}

/** The value that an input's cell has shown; lists and ranges are told as JSON text. */
export function shownValue({ output }: Pick<PageCell, "output">): InputValue | undefined {
  if (output?.kind !== "value" || output.input === undefined) return undefined;
  const { widget } = output.input;
  const isJson = widget === "multiselect" || widget === "date_range";
  return isJson ? JSON.parse(String(output.value)) : output.value;
}

/** An input's cell, and the value that the project's config gives it instead of its own default. */
export type InputCell = Pick<PageCell, "name" | "output"> & {
  readonly configured?: InputValue | undefined;
};

/** The value that the config gave an input: what a published cell shows besides its default. */
export function configuredValue(published: Pick<PageCell, "output">): InputValue | undefined {
  const value = shownValue(published);
  const widget = widgetOf(published);
  if (value === undefined || widget === undefined) return undefined;
  return isSameValue(value, widget.default) ? undefined : value;
}

/** What an input has unless it is set; undefined as long as its widget is not known. */
function defaultOf(cell: InputCell): InputValue | undefined {
  return cell.configured ?? widgetOf(cell)?.default;
}

/** Whether a value is the one that the input has unless it is set. */
export function isDefault(cell: InputCell, value: InputValue): boolean {
  const initial = defaultOf(cell);
  return initial !== undefined && isSameValue(value, initial);
}

/** What an input stands at: what was set, or its default. */
export function valueNow(cell: InputCell, inputs: SetInputs): InputValue | undefined {
  const set = inputs.get(cell.name);
  if (set !== undefined && "value" in set) return set.value;
  return set === undefined ? defaultOf(cell) : shownValue(cell);
}

/** The inputs with one of them at another value; at its default it is not kept. */
export function withInput(
  inputs: SetInputs,
  cell: InputCell,
  set: { readonly value: InputValue; readonly setAt: number },
): SetInputs {
  const next = new Map(inputs);
  if (isDefault(cell, set.value)) next.delete(cell.name);
  else next.set(cell.name, set);
  return next;
}

/** Names of the inputs that stand differently in the two. */
export function changedInputs(before: SetInputs, after: SetInputs): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !isSame(before.get(name), after.get(name)));
}

function isSame(left: SetInput | undefined, right: SetInput | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if ("text" in left) return "text" in right && left.text === right.text;
  return "value" in right && isSameValue(left.value, right.value);
}

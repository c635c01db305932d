import { type InputValue, readInputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { inputValueIn, widgetIn } from "../../../cell/shown-input.ts";
import type { PageCell } from "../../page-state.ts";
import { valueFault } from "../input/use-draft.ts";

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
  return widgetIn(output);
}

/** An input's cell, and the value that it has unless it is set, as far as the server has sent it. */
export type InputCell = Pick<PageCell, "name" | "output"> & {
  readonly initial?: InputValue | undefined;
};

/**
 * The value of an input unless it is set, by the server's rule: the one it sent, or else the widget's own
 * default where the widget no longer takes that. Undefined as long as its widget is not known.
 */
export function defaultOf(cell: InputCell): InputValue | undefined {
  const widget = widgetOf(cell);
  if (widget === undefined) return undefined;
  const { name, initial } = cell;
  const isTaken = initial !== undefined && valueFault(name, widget, initial) === undefined;
  return isTaken ? initial : widget.default;
}

/** Whether a value is the one that the input has unless it is set. */
export function isDefault(cell: InputCell, value: InputValue): boolean {
  const initial = defaultOf(cell);
  return initial !== undefined && isSameValue(value, initial);
}

/** The value of an input now: the one that was set, or its default. */
export function valueNow(cell: InputCell, inputs: SetInputs): InputValue | undefined {
  const set = inputs.get(cell.name);
  if (set !== undefined && "value" in set) return set.value;
  return set === undefined ? defaultOf(cell) : inputValueIn(cell.output);
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

/** A value as an address has it: the text that the widget's own rule reads back to it. */
export function toInputText(widget: InputWidget, value: InputValue): string {
  if (typeof value !== "object" || value === null) return String(value);
  if ("start" in value) return `${value.start}/${value.end}`;
  return toListText(widget, value);
}

/**
 * The value that a text of the address stands for.
 * @throws {HexError} HEX_INPUT_INVALID when it breaks the widget's rule
 */
export function fromInputText(name: string, widget: InputWidget, text: string): InputValue {
  return readInputValue(name, widget, {
    value: text,
    form: "text",
    place: `\`_${name}\` in the address`,
  });
}

/** Whether two values are the same to everybody who gets them as JSON. */
export function isSameValue(left: InputValue, right: InputValue): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** An option alone may stand for itself in an address, so a list must not read as one. */
function toListText(widget: InputWidget, list: readonly unknown[]): string {
  const options = "options" in widget ? widget.options.map(String) : [];
  let text = JSON.stringify(list);
  while (options.includes(text)) text = ` ${text}`;
  return text;
}

import type { InputValue } from "../../../cell/input-value.ts";
import { toMessage } from "../../../errors.ts";
import type { PageCell } from "../../page-state.ts";
import { valueFault } from "../input/use-draft.ts";
import {
  changedInputs,
  fromInputText,
  type InputCell,
  isDefault,
  type SetInput,
  type SetInputs,
  toInputText,
  widgetOf,
} from "./set-inputs.ts";

/** The inputs that an address sets, and a sentence on each part of it that cannot be had. */
export interface ReadAddress {
  readonly inputs: SetInputs;
  readonly faults: readonly InputFault[];
}

/** Why an input has its default instead of what was asked for. */
export interface InputFault {
  readonly name: string;
  readonly message: string;
}

/** Parameters that say how the page is shown, unless the page has inputs of these names. */
const OWN_NAMES: readonly string[] = ["embed"];

const INSTEAD = "the default is shown instead";

/** The inputs under which cells showed what they show, and the revision to come. */
export interface AddressContext {
  readonly cells: readonly (PageCell & InputCell)[];
  readonly inputs: SetInputs;
  readonly setAt: number;
}

/**
 * Reads `?_name=value&…`: each input by its widget's rule, so that one wrong value spoils no other.
 * Where the widget hangs on an input that the address sets otherwise, the text waits for the answer.
 */
export function readAddress(search: string, context: AddressContext): ReadAddress {
  const { cells, setAt } = context;
  const parameters = new URLSearchParams(search);
  const inputs = new Map<string, SetInput>();
  const faults: InputFault[] = [...unknownNames(parameters, cells)];
  for (const cell of fromAbove(cells)) {
    const texts = parameters.getAll(`_${cell.name}`);
    if (texts.length === 0) continue;
    const set = readTexts(cell, texts, isSettled(cell, context, inputs));
    if ("fault" in set) faults.push({ name: cell.name, message: set.fault });
    else if (!("value" in set && isDefault(cell, set.value)))
      inputs.set(cell.name, { ...set, setAt });
  }
  return { inputs, faults };
}

/** The query of an address: what is not ours stays, and inputs other than their default are set. */
export function toSearch(search: string, cells: readonly PageCell[], inputs: SetInputs): string {
  const parameters = new URLSearchParams(search);
  for (const name of new Set(parameters.keys())) {
    if (isInputName(name, cells)) parameters.delete(name);
  }
  for (const cell of cells) {
    const set = inputs.get(cell.name);
    const widget = widgetOf(cell);
    if (set === undefined || widget?.widget === "button") continue;
    if ("text" in set) parameters.set(`_${cell.name}`, set.text);
    else if (widget !== undefined) {
      parameters.set(`_${cell.name}`, toInputText(widget, set.value));
    }
  }
  const query = parameters.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return query === "" ? "" : `?${query}`;
}

/** Whether the page is to be shown as a part of another one. */
export function isEmbedded(search: string): boolean {
  return new URLSearchParams(search).get("_embed") === "true";
}

/** Whether a widget stays as it was shown: it hangs on nothing that the inputs now set otherwise. */
function isSettled(cell: PageCell, { cells, inputs }: AddressContext, now: SetInputs): boolean {
  if (cell.isOutdated || widgetOf(cell) === undefined) return false;
  const changed = changedInputs(inputs, now);
  return !cells.some(({ name, below }) => changed.includes(name) && below.includes(cell.name));
}

type ReadTexts =
  | { readonly value: InputValue }
  | { readonly text: string }
  | { readonly fault: string };

function readTexts(cell: PageCell, texts: readonly string[], isSettledNow: boolean): ReadTexts {
  const [text = ""] = texts;
  const refuse = (rule: string) => ({ fault: `Expected \`_${cell.name}\` in the address ${rule}` });
  if (texts.length > 1) {
    return refuse(`to stand there once, got ${texts.length} of it (${INSTEAD})`);
  }
  const widget = widgetOf(cell);
  if (widget?.widget === "button") {
    return refuse(`to be left out, got "${text}" (a button is pressed by hand)`);
  }
  if (!isSettledNow || widget === undefined) return { text };
  try {
    return { value: fromInputText(cell.name, widget, text) };
  } catch (error) {
    return { fault: `${toMessage(error)} (${INSTEAD})` };
  }
}

/** Inputs that others depend on come first: they have more cells below them. */
function fromAbove<Cell extends PageCell>(cells: readonly Cell[]): readonly Cell[] {
  return cells
    .filter(({ kind }) => kind === "input")
    .toSorted((left, right) => right.below.length - left.below.length);
}

function isInputName(parameter: string, cells: readonly PageCell[]): boolean {
  if (!parameter.startsWith("_")) return false;
  const name = parameter.slice(1);
  return !OWN_NAMES.includes(name) || isInput(name, cells);
}

function isInput(name: string, cells: readonly PageCell[]): boolean {
  return cells.some((cell) => cell.name === name && cell.kind === "input");
}

function unknownNames(parameters: URLSearchParams, cells: readonly PageCell[]): InputFault[] {
  return [...new Set(parameters.keys())]
    .filter((parameter) => isInputName(parameter, cells) && !isInput(parameter.slice(1), cells))
    .map((parameter) => ({
      name: parameter.slice(1),
      message: `Expected \`${parameter}\` in the address to name an input of this page, got a name that none has (it is left out)`,
    }));
}

/** Inputs that were set before a new version, judged anew by the widgets that it shows. */
export function carryOverInputs(
  before: SetInputs,
  cells: readonly (PageCell & InputCell)[],
): ReadAddress {
  const context = { cells, inputs: new Map(), setAt: 0 };
  const inputs = new Map<string, SetInput>();
  const faults = goneInputs(before, cells);
  for (const cell of fromAbove(cells)) {
    const set = before.get(cell.name);
    if (set === undefined) continue;
    const fault = isSettled(cell, context, inputs) ? faultOf(set, cell) : undefined;
    if (fault !== undefined) faults.push({ name: cell.name, message: fault });
    else if (!("value" in set && isDefault(cell, set.value))) inputs.set(cell.name, set);
  }
  return { inputs, faults };
}

function goneInputs(before: SetInputs, cells: readonly PageCell[]) {
  return [...before.keys()]
    .filter((name) => !isInput(name, cells))
    .map((name) => ({
      name,
      message: `Expected input ${name} to be part of the new version, got a page without it (it is left out)`,
    }));
}

function faultOf(set: SetInput, cell: PageCell): string | undefined {
  const widget = widgetOf(cell);
  if (widget === undefined) return undefined;
  const place = `input ${cell.name} in the new version`;
  const fault =
    "text" in set
      ? valueFault(cell.name, widget, set.text, { form: "text", place })
      : valueFault(cell.name, widget, set.value, { place });
  return fault && `${fault} (${INSTEAD})`;
}

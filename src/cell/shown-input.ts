import type { InputValue } from "./input-value.ts";
import type { InputWidget } from "./input-widget.ts";

/** The output of a cell, as far as it may be an input's. */
interface Shown {
  readonly kind: string;
  /** lists and ranges are told as JSON text */
  readonly value?: string | number | boolean | null;
  readonly input?: InputWidget;
}

/** The output of an input's cell. */
export function toInputOutput(value: InputValue, input: InputWidget) {
  const shown = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  return { kind: "value", value: shown, input } as const;
}

/** The widget of an input, where a cell shows one. */
export function widgetIn(output: Shown | null | undefined): InputWidget | undefined {
  return output?.kind === "value" ? output.input : undefined;
}

/** The value of an input, where a cell shows one. */
export function inputValueIn(output: Shown | null | undefined): InputValue | undefined {
  if (output?.kind !== "value" || output.input === undefined) return undefined;
  const { widget } = output.input;
  const isJson = widget === "multiselect" || widget === "date_range";
  return isJson ? JSON.parse(String(output.value)) : output.value;
}

/** Whether a cell shows a button that is pressed. */
export function isPressedButton(output: Shown | undefined): boolean {
  return widgetIn(output)?.widget === "button" && inputValueIn(output) === true;
}

import { type InputValue, readInputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";

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

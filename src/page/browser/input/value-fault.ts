import { readInputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { toMessage } from "../../../errors.ts";

/** The sentence on a value that breaks the widget's rule; undefined when it keeps it. */
export function valueFault(label: string, widget: InputWidget, value: unknown): string | undefined {
  try {
    readInputValue(label, widget, { value, form: "json", place: label });
    return undefined;
  } catch (error) {
    return toMessage(error);
  }
}

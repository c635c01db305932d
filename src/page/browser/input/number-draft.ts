import { type Draft, type Parsed, useDraft } from "./use-draft.ts";
import { valueFault } from "./value-fault.ts";
import type { WidgetProps } from "./widget-props.ts";

/** A number as it is typed in. */
export function useNumberDraft(props: WidgetProps<"number"> | WidgetProps<"slider">): Draft {
  const { label, widget, value, onValue } = props;
  return useDraft<number>({
    value: Number(value),
    toText: String,
    parse(text): Parsed<number> {
      const number = text.trim() === "" ? Number.NaN : Number(text);
      const shown = Number.isNaN(number) ? text : number;
      const fault = valueFault(label, widget, shown);
      return fault === undefined ? { value: number } : { fault };
    },
    onValue,
  });
}

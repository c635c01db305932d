import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { DateRange } from "../../../cell/input-widget.ts";
import { DateField } from "./date-field.tsx";
import { FieldGroup } from "./field.tsx";
import { type Draft, useDraft } from "./use-draft.ts";
import { valueFault } from "./value-fault.ts";
import type { WidgetProps } from "./widget-props.ts";

/** Two calendar days, both included. */
export function DateRangeInput(props: WidgetProps<"date_range">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const id = useId();
  const draft = useDraft<DateRange>({
    value: value as DateRange,
    toText: ({ start, end }) => `${start}/${end}`,
    parse(text) {
      const [start = "", end = ""] = text.split("/");
      const range = { start, end };
      const fault = valueFault(label, widget, range);
      return fault === undefined ? { value: range } : { fault };
    },
    onValue,
  });
  const [start = "", end = ""] = draft.text.split("/");
  const limits = { min: widget.min, max: widget.max };
  return (
    <FieldGroup id={id} label={label} fault={draft.fault}>
      <div class="field__row field__row--range">
        <DateField
          id={`${id}-start`}
          name={`${label}, first day`}
          draft={half(draft, start, (day) => `${day}/${end}`)}
          {...limits}
        />
        <span class="field__to" aria-hidden="true">
          –
        </span>
        <DateField
          id={`${id}-end`}
          name={`${label}, last day`}
          draft={half(draft, end, (day) => `${start}/${day}`)}
          {...limits}
        />
      </div>
    </FieldGroup>
  );
}

/** One of the two days, as a draft of both. */
function half({ fault, write, finish }: Draft, text: string, join: (day: string) => string): Draft {
  return {
    text,
    fault,
    write: (day) => write(join(day)),
    finish: (day) => finish(join(day)),
  };
}

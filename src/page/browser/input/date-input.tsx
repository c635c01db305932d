import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { DateField } from "./date-field.tsx";
import { Field } from "./field.tsx";
import { useDraft } from "./use-draft.ts";
import { valueFault } from "./value-fault.ts";
import type { WidgetProps } from "./widget-props.ts";

/** A calendar day. */
export function DateInput({ label, widget, value, onValue }: WidgetProps<"date">): JSX.Element {
  const id = useId();
  const draft = useDraft<string>({
    value: String(value),
    toText: String,
    parse(text) {
      const fault = valueFault(label, widget, text);
      return fault === undefined ? { value: text } : { fault };
    },
    onValue,
  });
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <DateField id={id} draft={draft} min={widget.min} max={widget.max} />
    </Field>
  );
}

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { draftProps } from "./draft-props.ts";
import { Field, faultProps } from "./field.tsx";
import { useDraft } from "./use-draft.ts";
import { valueFault } from "./value-fault.ts";
import type { WidgetProps } from "./widget-props.ts";

/** A line of text. */
export function TextInput({ label, widget, value, onValue }: WidgetProps<"text">): JSX.Element {
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
      <input
        class="input"
        id={id}
        type="text"
        autocomplete="off"
        {...faultProps(id, draft.fault)}
        {...draftProps(draft)}
      />
    </Field>
  );
}

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Field } from "./field.tsx";
import { useNumberDraft } from "./number-draft.ts";
import { NumberField } from "./number-field.tsx";
import type { WidgetProps } from "./widget-props.ts";

/** A number, typed in. */
export function NumberInput(props: WidgetProps<"number">): JSX.Element {
  const { label, widget } = props;
  const id = useId();
  const draft = useNumberDraft(props);
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <NumberField id={id} draft={draft} min={widget.min} max={widget.max} step={widget.step} />
    </Field>
  );
}

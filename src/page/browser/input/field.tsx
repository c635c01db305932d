import type { ComponentChildren, JSX } from "preact";
import type { InputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";

interface FieldProps {
  /** of the control that the label is for */
  readonly id: string;
  readonly label: string;
  /** why what stands there is not taken */
  readonly fault?: string | undefined;
  readonly children: ComponentChildren;
}

/** A control under its label, and over what is wrong with it. */
export function Field({ id, label, fault, children }: FieldProps): JSX.Element {
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      {children}
      <FieldFault id={id} fault={fault} />
    </div>
  );
}

/** Several controls under one label. */
export function FieldGroup({ id, label, fault, children }: FieldProps): JSX.Element {
  return (
    <fieldset class="field" aria-describedby={faultId(id)}>
      <legend class="field__label">{label}</legend>
      {children}
      <FieldFault id={id} fault={fault} />
    </fieldset>
  );
}

/** The props that tie a control to the sentence under it. */
export function faultProps(id: string, fault: string | undefined) {
  return { "aria-invalid": fault !== undefined, "aria-describedby": faultId(id) } as const;
}

function FieldFault({ id, fault }: Pick<FieldProps, "id" | "fault">): JSX.Element {
  return (
    <p class="field__fault" id={faultId(id)} role="alert">
      {fault}
    </p>
  );
}

function faultId(id: string): string {
  return `${id}-fault`;
}

/** The props of every widget. */
export interface WidgetProps<Kind extends InputWidget["widget"]> {
  /** of the input's cell */
  readonly name: string;
  readonly label: string;
  readonly widget: Extract<InputWidget, { readonly widget: Kind }>;
  readonly value: InputValue;
  /** a value that keeps the widget's rule; of a gesture (dragging, typing) only the last is finished */
  readonly onValue: (value: InputValue, isFinished: boolean) => void;
}

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { InputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { DateInput, DateRangeInput } from "./date-input.tsx";
import { DropdownInput } from "./dropdown-input.tsx";
import type { WidgetProps } from "./field.tsx";
import { Field, faultProps } from "./field.tsx";
import { MultiselectInput } from "./multiselect-input.tsx";
import { NumberInput, SliderInput } from "./number-input.tsx";
import { draftProps, useTextDraft } from "./use-draft.ts";

export interface InputViewProps {
  /** of the input's cell */
  readonly name: string;
  /** what stands beside the widget */
  readonly label: string;
  readonly widget: InputWidget;
  readonly value: InputValue;
  /** a value that keeps the widget's rule; of a gesture (dragging, typing) only the last is finished */
  readonly onValue: (value: InputValue, isFinished: boolean) => void;
  /** of a button */
  readonly onPress: () => void;
}

/** An input as its widget, of the browser's own parts. */
export function InputView({ widget, onPress, ...props }: InputViewProps): JSX.Element {
  switch (widget.widget) {
    case "text":
      return <TextInput {...props} widget={widget} />;
    case "number":
      return <NumberInput {...props} widget={widget} />;
    case "slider":
      return <SliderInput {...props} widget={widget} />;
    case "dropdown":
      return <DropdownInput {...props} widget={widget} />;
    case "multiselect":
      return <MultiselectInput {...props} widget={widget} />;
    case "checkbox":
      return <CheckboxInput {...props} widget={widget} />;
    case "date":
      return <DateInput {...props} widget={widget} />;
    case "date_range":
      return <DateRangeInput {...props} widget={widget} />;
    case "button":
      return <ButtonInput label={props.label} onPress={onPress} />;
  }
}

interface ButtonInputProps {
  readonly label: string;
  readonly onPress: () => void;
}

/** True only in the run that a press starts. */
function ButtonInput({ label, onPress }: ButtonInputProps): JSX.Element {
  return (
    <div class="field field--button">
      <button type="button" class="button" onClick={onPress}>
        {label}
      </button>
    </div>
  );
}

/** True or false. */
function CheckboxInput({ label, value, onValue }: WidgetProps<"checkbox">): JSX.Element {
  const id = useId();
  return (
    <div class="field field--check">
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={({ currentTarget }) => onValue(currentTarget.checked, true)}
      />
      <label class="field__check-label" for={id}>
        {label}
      </label>
    </div>
  );
}

/** A line of text. */
function TextInput(props: WidgetProps<"text">): JSX.Element {
  const { label } = props;
  const id = useId();
  const draft = useTextDraft(props);
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

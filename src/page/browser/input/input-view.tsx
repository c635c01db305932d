import type { JSX } from "preact";
import type { InputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { ButtonInput } from "./button-input.tsx";
import { CheckboxInput } from "./checkbox-input.tsx";
import { DateInput } from "./date-input.tsx";
import { DateRangeInput } from "./date-range-input.tsx";
import { DropdownInput } from "./dropdown-input.tsx";
import { MultiselectInput } from "./multiselect-input.tsx";
import { NumberInput } from "./number-input.tsx";
import { SliderInput } from "./slider-input.tsx";
import { TextInput } from "./text-input.tsx";

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

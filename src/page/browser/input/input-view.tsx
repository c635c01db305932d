import type { JSX } from "preact";
import type { InputWidget } from "../../../cell/input.ts";
import type { InputValue } from "../../../cell/input-value.ts";

/** What every widget gets. */
export interface InputViewProps<Widget extends InputWidget = InputWidget> {
  readonly name: string;
  readonly label: string;
  readonly widget: Widget;
  readonly value: InputValue;
  /** a value that keeps the widget's rule; of a gesture only the last one is finished */
  readonly onValue: (value: InputValue, isFinished: boolean) => void;
  /** of a button */
  readonly onPress: () => void;
}

export function InputView({ label, value }: InputViewProps): JSX.Element {
  return (
    <p>
      {label}: {String(value)}
    </p>
  );
}

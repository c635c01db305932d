import type { InputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";

/** What every widget gets. */
export interface WidgetProps<Kind extends InputWidget["widget"]> {
  /** of the input's cell */
  readonly name: string;
  readonly label: string;
  readonly widget: Extract<InputWidget, { readonly widget: Kind }>;
  readonly value: InputValue;
  /** a value that keeps the widget's rule; of a gesture (dragging, typing) only the last is finished */
  readonly onValue: (value: InputValue, isFinished: boolean) => void;
}

import type { JSX } from "preact";
import type { InputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { inputValueIn } from "../../../cell/shown-input.ts";
import type { CellOutput } from "../../../run/cell-output.ts";
import { InputView } from "../input/input-view.tsx";

interface NotebookInputProps {
  readonly name: string;
  readonly title: string | null;
  readonly widget: InputWidget;
  readonly output: Extract<CellOutput, { readonly kind: "value" }>;
  /** what the author has just set; undefined when that is told in the output */
  readonly draft: unknown;
  readonly onValue: (value: unknown) => void;
  readonly onPress: () => void;
}

/** An input of a notebook, at the value that its author has set. */
export function NotebookInput(props: NotebookInputProps): JSX.Element {
  const { name, title, widget, output, draft, onValue, onPress } = props;
  const value = (draft === undefined ? inputValueIn(output) : draft) as InputValue;
  return (
    <InputView
      name={name}
      label={widget.label ?? title ?? name}
      widget={widget}
      value={value}
      onValue={onValue}
      onPress={onPress}
    />
  );
}

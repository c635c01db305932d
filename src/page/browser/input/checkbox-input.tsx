import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { WidgetProps } from "./widget-props.ts";

/** True or false. */
export function CheckboxInput({ label, value, onValue }: WidgetProps<"checkbox">): JSX.Element {
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

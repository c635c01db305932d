import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Option } from "../../../cell/input-widget.ts";
import { Field } from "./field.tsx";
import { FilteredDropdown } from "./filtered-dropdown.tsx";
import { optionLabel } from "./option-label.ts";
import type { WidgetProps } from "./widget-props.ts";

const MOST_IN_A_LIST = 50;

/** One of several options: a list, or where it would be long, a field that finds them. */
export function DropdownInput(props: WidgetProps<"dropdown">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const id = useId();
  const { options } = widget;
  if (options.length > MOST_IN_A_LIST) return <FilteredDropdown {...props} />;
  return (
    <Field id={id} label={label}>
      <select
        class="input"
        id={id}
        disabled={options.length === 0}
        value={String(options.indexOf(value as Option))}
        onChange={({ currentTarget }) => {
          const option = options[Number(currentTarget.value)];
          if (option !== undefined) onValue(option, true);
        }}
      >
        {options.length === 0 && <option value="-1">No options</option>}
        {options.map((option, index) => (
          <option key={`${typeof option} ${option}`} value={String(index)}>
            {optionLabel(option)}
          </option>
        ))}
      </select>
    </Field>
  );
}

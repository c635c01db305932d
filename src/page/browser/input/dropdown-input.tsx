import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Option } from "../../../cell/input-widget.ts";
import type { WidgetProps } from "./field.tsx";
import { Field, faultProps } from "./field.tsx";
import { findOptions, optionLabel } from "./option-label.ts";
import { draftProps, useDraft } from "./use-draft.ts";

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

const MOST_SUGGESTED = 200;

/** One of many options, found by writing a part of it. */
function FilteredDropdown(props: WidgetProps<"dropdown">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const { options } = widget;
  const id = useId();
  const draft = useDraft<Option>({
    value: value as Option,
    toText: optionLabel,
    parse(text, isFinished) {
      const exact = options.find((each) => optionLabel(each) === text);
      const option = exact ?? (isFinished ? onlyOne(options, text) : undefined);
      if (option !== undefined) return { value: option };
      const count = options.length.toLocaleString("en");
      return { fault: `Expected ${label} to be one of its ${count} options, got "${text}"` };
    },
    onValue: (option) => onValue(option, true),
  });
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <input
        class="input"
        id={id}
        type="text"
        list={`${id}-options`}
        autocomplete="off"
        {...faultProps(id, draft.fault)}
        onFocus={({ currentTarget }) => currentTarget.select()}
        {...draftProps(draft)}
      />
      <datalist id={`${id}-options`}>
        {suggestions(options, draft.text).map((option) => (
          <option key={`${typeof option} ${option}`} value={optionLabel(option)} />
        ))}
      </datalist>
    </Field>
  );
}

/** The one option that is left; of several nobody can say which was meant. */
function onlyOne(options: readonly Option[], text: string): Option | undefined {
  const found = text.trim() === "" ? [] : findOptions(options, text);
  return found.length === 1 ? found[0] : undefined;
}

/** While nothing is sought, the first ones of all. */
function suggestions(options: readonly Option[], text: string): readonly Option[] {
  const isChosen = options.some((option) => optionLabel(option) === text);
  return (isChosen ? options : findOptions(options, text)).slice(0, MOST_SUGGESTED);
}

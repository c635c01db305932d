import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Option } from "../../../cell/input-widget.ts";
import { draftProps } from "./draft-props.ts";
import { Field, faultProps } from "./field.tsx";
import { findOptions, optionLabel } from "./option-label.ts";
import { useDraft } from "./use-draft.ts";
import type { WidgetProps } from "./widget-props.ts";

const MOST_SUGGESTED = 200;

/** One of many options, found by writing a part of it. */
export function FilteredDropdown(props: WidgetProps<"dropdown">): JSX.Element {
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

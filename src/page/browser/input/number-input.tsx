import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { WidgetProps } from "./field.tsx";
import { Field, faultProps } from "./field.tsx";
import { type Draft, draftProps, useDraft, valueFault } from "./use-draft.ts";

/** A number, typed in. */
export function NumberInput(props: WidgetProps<"number">): JSX.Element {
  const { label, widget } = props;
  const id = useId();
  const draft = useNumberDraft(props);
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <NumberField id={id} draft={draft} min={widget.min} max={widget.max} step={widget.step} />
    </Field>
  );
}

interface NumberFieldProps {
  readonly id: string;
  readonly draft: Draft;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly step: number | undefined;
  /** where no label stands for it */
  readonly name?: string;
}

/** The control of a number: typed, or stepped with the arrows. */
function NumberField(props: NumberFieldProps): JSX.Element {
  const { id, draft, min, max, step, name } = props;
  return (
    <input
      class="input input--number"
      id={id}
      type="number"
      step={step ?? "any"}
      {...(min === undefined ? {} : { min })}
      {...(max === undefined ? {} : { max })}
      {...(name === undefined ? {} : { "aria-label": name })}
      {...faultProps(id, draft.fault)}
      {...draftProps(draft)}
    />
  );
}

/** A number as it is typed in. */
function useNumberDraft(props: WidgetProps<"number"> | WidgetProps<"slider">): Draft {
  const { label, widget, value, onValue } = props;
  return useDraft<number>({
    value: Number(value),
    toText: String,
    parse(text) {
      const number = text.trim() === "" ? Number.NaN : Number(text);
      // a text that is no number is told as it was written
      const fault = valueFault(label, widget, Number.isNaN(number) ? text : number);
      return fault === undefined ? { value: number } : { fault };
    },
    onValue,
  });
}

/** A number between two bounds, dragged; the field beside it takes it typed. */
export function SliderInput(props: WidgetProps<"slider">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const { min, max, step } = widget;
  const id = useId();
  const draft = useNumberDraft(props);
  const part = max > min ? Math.min(1, Math.max(0, (Number(value) - min) / (max - min))) : 0;
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <div class="field__row">
        <input
          class="slider"
          // as the server draws it, too: with no exponent
          style={{ "--part": (part || 0).toFixed(4) }}
          id={id}
          type="range"
          min={min}
          max={max}
          step={step}
          value={Number(value)}
          onInput={({ currentTarget }) => onValue(currentTarget.valueAsNumber, false)}
          onChange={({ currentTarget }) => onValue(currentTarget.valueAsNumber, true)}
        />
        <NumberField
          id={`${id}-number`}
          name={`${label}, as a number`}
          draft={draft}
          min={min}
          max={max}
          step={step}
        />
      </div>
    </Field>
  );
}

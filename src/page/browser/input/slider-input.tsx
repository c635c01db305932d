import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Field } from "./field.tsx";
import { useNumberDraft } from "./number-draft.ts";
import { NumberField } from "./number-field.tsx";
import type { WidgetProps } from "./widget-props.ts";

/** A number between two bounds, dragged; the field beside it takes it typed. */
export function SliderInput(props: WidgetProps<"slider">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const { min, max, step } = widget;
  const id = useId();
  const track = useRef<HTMLInputElement>(null);
  const draft = useNumberDraft(props);
  const part = max > min ? (Number(value) - min) / (max - min) : 0;
  useEffect(() => {
    track.current?.style.setProperty("--part", String(part));
  }, [part]);
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <div class="field__row">
        <input
          class="slider"
          ref={track}
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

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { DateRange } from "../../../cell/input-widget.ts";
import type { WidgetProps } from "./field.tsx";
import { Field, FieldGroup, faultProps } from "./field.tsx";
import { type Draft, draftProps, parseValue, useDraft, useTextDraft } from "./use-draft.ts";

/** A calendar day. */
export function DateInput(props: WidgetProps<"date">): JSX.Element {
  const { label, widget } = props;
  const id = useId();
  const draft = useTextDraft(props);
  return (
    <Field id={id} label={label} fault={draft.fault}>
      <DateField id={id} draft={draft} min={widget.min} max={widget.max} />
    </Field>
  );
}

interface DateFieldProps {
  readonly id: string;
  readonly draft: Pick<Draft, "text" | "fault" | "write" | "finish">;
  readonly min: string | undefined;
  readonly max: string | undefined;
  /** where no label stands for it */
  readonly name?: string;
}

/** The control of a calendar day. */
function DateField({ id, draft, min, max, name }: DateFieldProps): JSX.Element {
  return (
    <input
      class="input"
      id={id}
      type="date"
      {...(min === undefined ? {} : { min })}
      {...(max === undefined ? {} : { max })}
      {...(name === undefined ? {} : { "aria-label": name })}
      {...faultProps(id, draft.fault)}
      {...draftProps(draft)}
    />
  );
}

/** Two calendar days, both included. */
export function DateRangeInput(props: WidgetProps<"date_range">): JSX.Element {
  const { label, widget, value, onValue } = props;
  const id = useId();
  const draft = useDraft<DateRange>({
    value: value as DateRange,
    toText: ({ start, end }) => `${start}/${end}`,
    parse(text) {
      const [start = "", end = ""] = text.split("/");
      return parseValue(label, widget, { start, end });
    },
    onValue,
  });
  const [start = "", end = ""] = draft.text.split("/");
  const limits = { min: widget.min, max: widget.max };
  return (
    <FieldGroup id={id} label={label} fault={draft.fault}>
      <div class="field__row field__row--range">
        <DateField
          id={`${id}-start`}
          name={`${label}, first day`}
          draft={half(draft, start, (day) => `${day}/${end}`)}
          {...limits}
        />
        <span class="field__to" aria-hidden="true">
          –
        </span>
        <DateField
          id={`${id}-end`}
          name={`${label}, last day`}
          draft={half(draft, end, (day) => `${start}/${day}`)}
          {...limits}
        />
      </div>
    </FieldGroup>
  );
}

/** One of the two days, as a draft of both. */
function half({ fault, write, finish }: Draft, text: string, join: (day: string) => string): Draft {
  return {
    text,
    fault,
    write: (day) => write(join(day)),
    finish: (day) => finish(join(day)),
  };
}

import type { JSX } from "preact";
import { draftProps } from "./draft-props.ts";
import { faultProps } from "./field.tsx";
import type { Draft } from "./use-draft.ts";

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
export function NumberField(props: NumberFieldProps): JSX.Element {
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

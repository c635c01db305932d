import type { JSX } from "preact";
import { draftProps } from "./draft-props.ts";
import { faultProps } from "./field.tsx";
import type { Draft } from "./use-draft.ts";

interface DateFieldProps {
  readonly id: string;
  readonly draft: Pick<Draft, "text" | "fault" | "write" | "finish">;
  readonly min: string | undefined;
  readonly max: string | undefined;
  /** where no label stands for it */
  readonly name?: string;
}

/** The control of a calendar day. */
export function DateField({ id, draft, min, max, name }: DateFieldProps): JSX.Element {
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

import type { TargetedEvent, TargetedKeyboardEvent } from "preact";
import type { Draft } from "./use-draft.ts";

/**
 * What makes a control one in which a draft is written. Leaving it and Enter finish the draft; the
 * browser's own `change` event stays away once a value was set by code while somebody typed.
 */
export function draftProps({ text, write, finish }: Pick<Draft, "text" | "write" | "finish">) {
  return {
    value: text,
    onInput: ({ currentTarget }: TargetedEvent<HTMLInputElement>) => write(currentTarget.value),
    onBlur: ({ currentTarget }: TargetedEvent<HTMLInputElement>) => finish(currentTarget.value),
    onKeyDown: ({ key, currentTarget }: TargetedKeyboardEvent<HTMLInputElement>) => {
      if (key === "Enter") finish(currentTarget.value);
    },
  };
}

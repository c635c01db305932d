import type { TargetedEvent, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { readInputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import type { RequestedInput } from "../../../cell/requested-input.ts";
import { toMessage } from "../../../errors.ts";
import type { WidgetProps } from "./field.tsx";

/** The text in a control until it is a value. */
export interface Draft {
  /** what the control shows */
  readonly text: string;
  /** why it does not count */
  readonly fault: string | undefined;
  /** it was written on: counts after a little while */
  readonly write: (text: string) => void;
  /** Enter, or the control was left: counts at once */
  readonly finish: (text: string) => void;
}

/** A text as a value, or why it is none. */
export type Parsed<Value> = { readonly value: Value } | { readonly fault: string };

interface DraftOptions<Value> {
  /** the value that counts */
  readonly value: Value;
  readonly toText: (value: Value) => string;
  /** while it is being written, a beginning of something right is no reason to guess */
  readonly parse: (text: string, isFinished: boolean) => Parsed<Value>;
  readonly onValue: (value: Value, isFinished: boolean) => void;
}

const TYPING_MS = 300;
/** A pause in the middle of a word is no fault yet. */
const PAUSE_MS = 900;

/** Lets a control be written in: what breaks the rule stays there with its fault and is not sent. */
export function useDraft<Value>(options: DraftOptions<Value>): Draft {
  const { value, toText, parse, onValue } = options;
  const current = toText(value);
  const [draft, setDraft] = useState<string>();
  const [fault, setFault] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const written = useRef<string>(undefined);
  const own = useRef(current);
  useEffect(() => () => clearTimeout(timer.current), []);
  // a value from elsewhere (Back, another version) takes the place of what is written here
  useEffect(() => {
    if (own.current === current) return;
    own.current = current;
    setText(undefined);
    setFault(undefined);
  }, [current]);

  function setText(text: string | undefined): void {
    written.current = text;
    setDraft(text);
  }

  function take(text: string, isFinished: boolean): void {
    clearTimeout(timer.current);
    const parsed = parse(text, isFinished);
    if ("fault" in parsed) {
      const show = () => setFault(parsed.fault);
      if (isFinished) show();
      else timer.current = setTimeout(show, PAUSE_MS);
      return;
    }
    setFault(undefined);
    own.current = toText(parsed.value);
    onValue(parsed.value, isFinished);
    if (isFinished) setText(undefined);
  }

  return {
    text: draft ?? current,
    fault,
    write(text) {
      setText(text);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => take(text, false), TYPING_MS);
    },
    finish(text) {
      if (written.current !== undefined) take(text, true);
    },
  };
}

/**
 * The props of a control in which a draft is written. Leaving it and Enter finish the draft; the
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

/** Why a widget does not take a value, as a sentence; undefined when it does. */
export function valueFault(
  name: string,
  widget: InputWidget,
  value: unknown,
  { form = "json", place = name }: Partial<Pick<RequestedInput, "form" | "place">> = {},
): string | undefined {
  try {
    readInputValue(name, widget, { value, form, place });
    return undefined;
  } catch (error) {
    return toMessage(error);
  }
}

/** A value that a widget takes, or why it does not. */
export function parseValue<Value>(label: string, widget: InputWidget, value: Value): Parsed<Value> {
  const fault = valueFault(label, widget, value);
  return fault === undefined ? { value } : { fault };
}

/** Lets a text be written that is the value itself. */
export function useTextDraft(props: WidgetProps<"text"> | WidgetProps<"date">): Draft {
  const { label, widget, value, onValue } = props;
  const parse = (text: string) => parseValue(label, widget, text);
  return useDraft<string>({ value: String(value), toText: String, parse, onValue });
}

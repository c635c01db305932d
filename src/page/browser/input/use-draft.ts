import type { TargetedEvent, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { readInputValue } from "../../../cell/input-value.ts";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { toMessage } from "../../../errors.ts";

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
/** Who pauses in the middle of a word is not told that it is wrong. */
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
      const tell = () => setFault(parsed.fault);
      if (isFinished) tell();
      else timer.current = setTimeout(tell, PAUSE_MS);
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

/** The sentence on a value that breaks the widget's rule; undefined when it keeps it. */
export function valueFault(label: string, widget: InputWidget, value: unknown): string | undefined {
  try {
    readInputValue(label, widget, { value, form: "json", place: label });
    return undefined;
  } catch (error) {
    return toMessage(error);
  }
}

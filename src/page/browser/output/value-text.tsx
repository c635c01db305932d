import type { JSX } from "preact";
import { figureText } from "./number-text.ts";

type SingleValue = string | number | boolean | null;

/** A single value as a figure to be read at a glance; its cell's title stands above it. */
export function ValueText({ value }: { readonly value: SingleValue }): JSX.Element {
  if (value === null) {
    return (
      <p class="value value-missing" title="missing">
        –
      </p>
    );
  }
  const text = typeof value === "number" ? figureText(value) : String(value);
  // prose is no figure: long texts are set smaller
  return <p class={text.length > 24 ? "value value-long" : "value"}>{text}</p>;
}

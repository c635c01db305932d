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
  if (text.length > 24) return <p class="value value-long">{text}</p>;
  // the wider a figure, the smaller it is set, so that it is not broken
  return (
    <p class="value" style={{ "--letters": text.length }}>
      {text}
    </p>
  );
}

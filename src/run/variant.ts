import { encodeKey, toVariantName } from "../cell/key-encoding.ts";
import { toHash } from "../source/cell-files.ts";

/** An input that is part of a frame's key, with its value in this run and its default. */
export interface KeyInput {
  readonly name: string;
  readonly value: unknown;
  readonly initial: unknown;
}

/** A published frame's name, and the flags that make a run compute it. */
export interface Variant {
  readonly frame: string;
  readonly flags: string;
}

/** Which frame a cached cell publishes or reads: its own with default inputs, else one beside it. */
export function toVariant(frame: string, keyInputs: readonly KeyInput[]): Variant {
  const isDefault = keyInputs.every(
    ({ value, initial }) => encodeKey({ value }) === encodeKey({ value: initial }),
  );
  if (isDefault) return { frame, flags: "" };
  const encoded = encodeKey(Object.fromEntries(keyInputs.map(({ name, value }) => [name, value])));
  const flags = keyInputs.map(({ name, value }) => ` --input ${name}=${toFlag(value)}`).join("");
  return { frame: `${frame}/${toVariantName(encoded, toHash)}`, flags };
}

function toFlag(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

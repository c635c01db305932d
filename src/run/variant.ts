import { encodeKey, toVariantName } from "../cell/key-encoding.ts";
import { toSha256 } from "../sha256.ts";

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
  /** its name with default inputs, as earlier releases have it, which named it by no values */
  readonly formerly?: string | undefined;
}

/** Which frame a cached cell publishes or reads: one for each choice of the inputs in its key. */
export function toVariant(frame: string, keyInputs: readonly KeyInput[]): Variant {
  const isDefault = keyInputs.every(
    ({ value, initial }) => encodeKey({ value }) === encodeKey({ value: initial }),
  );
  if (keyInputs.length === 0) return { frame, flags: "" };
  const encoded = encodeKey(Object.fromEntries(keyInputs.map(({ name, value }) => [name, value])));
  const named = `${frame}/${toVariantName(encoded, toSha256)}`;
  if (isDefault) return { frame: named, flags: "", formerly: frame };
  const flags = keyInputs.map(({ name, value }) => ` --input ${name}=${toFlag(value)}`).join("");
  return { frame: named, flags };
}

/** The frame of which a name is a variant; undefined for the name of no variant. */
export function frameOfVariant(name: string): string | undefined {
  return /^(.+)\/[A-Za-z0-9_-]+\.[0-9a-f]{32}$/.exec(name)?.[1];
}

function toFlag(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

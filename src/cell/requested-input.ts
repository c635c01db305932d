/** A value that somebody asks an input to have, and where they wrote it. */
export interface RequestedInput {
  /** the value as JSON, or the text of a flag, to be read by the widget's rule */
  readonly value: unknown;
  readonly form: "json" | "text";
  /** for messages: "--input method", "`inputs.method` in hex.config.json" */
  readonly place: string;
}

/** The requested values by input name. */
export type RequestedInputs = ReadonlyMap<string, RequestedInput>;

interface RequestedFrom {
  /** where the value of an input is written; "input NAME" unless told */
  readonly place?: (name: string) => string;
  /** "json" unless told */
  readonly form?: RequestedInput["form"];
}

/** Values by input name as they are requested in one place. */
export function toRequestedInputs(
  values: Iterable<readonly [name: string, value: unknown]>,
  { place = (name) => `input ${name}`, form = "json" }: RequestedFrom = {},
): RequestedInputs {
  return new Map(
    Array.from(values, ([name, value]) => [name, { value, form, place: place(name) }]),
  );
}

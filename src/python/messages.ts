/*
 * What goes to a cell's Python and comes from it: a line of JSON each, on pipes of their own. Python's
 * half is in `python/hex_runtime/runner/`.
 */

/** Messages of a cell's Python, in order. */
export type FromPython =
  /** it can carry out cells */
  | { readonly type: "started"; readonly executable: string; readonly version: string }
  /** it is older than what cells need */
  | { readonly type: "too-old"; readonly version: string }
  | { readonly type: "progress"; readonly fraction: number; readonly message: string }
  | { readonly type: "log"; readonly line: string }
  | PythonResult
  | PythonFailure;

export type PythonResult = { readonly type: "result" } & (
  | { readonly kind: "value"; readonly value: unknown }
  /** a table, in an Arrow file; the line is that of the function that gave it */
  | { readonly kind: "frame"; readonly file: string; readonly line: number | null }
);

/** What was thrown, as the parts of a sentence, and lines that say where. */
export interface PythonFailure {
  readonly type: "failed";
  readonly place: string;
  readonly expected: string;
  readonly got: string;
  readonly hint: string | null;
  readonly lines: readonly string[];
}

/** The last word of a task. */
export type PythonAnswer = PythonResult | PythonFailure;

/** A message of Python; undefined for a line that is none, such as one that a signal has cut. */
export function parseMessage(line: string): FromPython | undefined {
  try {
    const found: unknown = JSON.parse(line);
    const isMessage = typeof found === "object" && found !== null && "type" in found;
    return isMessage ? (found as FromPython) : undefined;
  } catch {
    return undefined;
  }
}

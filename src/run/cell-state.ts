import { ownValue } from "../frame/own-value.ts";
/** What a cell hangs on by itself, besides the cells above it. */
export interface CellGround {
  /** over its own code with everything that it loads */
  readonly code: string;
  /** over the content of the files that it names or watches; "" for none */
  readonly data: string;
  /** keyed digest of the secrets that it may see; "" for none */
  readonly secrets: string;
}

/**
 * All that a cell's result hangs on: equal states are "still the same". It is made of content alone,
 * never of a file's time, and is kept with each published frame and each saved output.
 */
export interface CellState {
  /** over the code of the cell and of all cells above it, with everything that they load */
  readonly code: string;
  /** over the content of the files that these name or watch; "" for none */
  readonly data: string;
  /** resolved values of the inputs above it, by name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** keyed digest of the secrets that they may see; "" for none */
  readonly secrets: string;
  /** SHA-256 of the CSV of each published frame that it is computed from, by name of the frame */
  readonly frames: Readonly<Record<string, string>>;
}

/** What differs between two states, each in a few words such as "its code changed"; none: equal. */
export function toStateChanges(before: CellState, now: CellState): readonly string[] {
  const changes: string[] = [];
  if (before.code !== now.code) changes.push("its code changed");
  if (before.data !== now.data) changes.push("its data changed");
  if (before.secrets !== now.secrets) changes.push("a secret changed");
  for (const name of namesOf(before.inputs, now.inputs)) {
    const [was, is] = [before, now].map(({ inputs }) => toText(ownValue(inputs, name)));
    if (was !== is) changes.push(`input ${name} is ${is}, was ${was}`);
  }
  for (const name of namesOf(before.frames, now.frames)) {
    if (ownValue(before.frames, name) !== ownValue(now.frames, name))
      changes.push(`frame ${name} changed`);
  }
  return changes;
}

function namesOf(...records: readonly object[]): string[] {
  return [...new Set(records.flatMap((each) => Object.keys(each)))].sort();
}

/** As people write it; missing for an input that one of the two does not have. */
function toText(value: unknown): string {
  return JSON.stringify(value) ?? "not set";
}

import type { CellNode } from "../cell/cell-node.ts";
import { HexError, toMessage } from "../errors.ts";
import { formatPlace, type SourcePlace } from "../source/module/source-place.ts";
import type { RunError } from "./run-event.ts";
import { isObject, membersOf } from "./shared-value.ts";

const LONGEST_MESSAGE = 2_000;

/** The failure of a cell, as one sentence that names the cell and the line of its source. */
export function toCellError(
  thrown: unknown,
  cell: { readonly name: string; readonly file: string },
  place: SourcePlace | undefined,
): RunError {
  const where = place === undefined ? cell.file : formatPlace(place);
  if (thrown instanceof HexError) {
    // What the author's code did not ask for, says itself where it was.
    const isPlaceNamed = place === undefined || thrown.message.includes(cell.file);
    const prefix = isPlaceNamed ? "" : `In cell ${cell.name} (${where}): `;
    return { code: thrown.code, message: shorten(`${prefix}${thrown.message}`) };
  }
  const kind = thrown instanceof Error ? thrown.name : `thrown ${typeof thrown}`;
  return {
    code: "HEX_CELL_FAILED",
    message: shorten(
      `Expected cell ${cell.name} (${where}) to be computed, got ${kind}: ${describe(thrown)}`,
    ),
  };
}

function describe(thrown: unknown): string {
  try {
    return toMessage(thrown);
  } catch {
    return "a value that cannot be printed";
  }
}

function shorten(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}

/** A cell that tried to change something frozen. */
interface ChangingCell extends Pick<CellNode, "name" | "file"> {
  /** what it was handed, under the names by which its own code knows it */
  readonly values: Readonly<Record<string, unknown>>;
  /** where in its code */
  readonly place: SourcePlace | undefined;
}

/**
 * The thrown error of a cell; where the cell tried to change a value that it was handed, a sentence
 * that names the cell and the value.
 */
export function toHandedChange(thrown: unknown, cell: ChangingCell): unknown {
  const tests = thrown instanceof TypeError ? toTests(thrown.message) : [];
  const changed = findChanged(cell.values, tests);
  const [first] = changed;
  if (first === undefined) return thrown;
  const where = cell.place === undefined ? cell.file : formatPlace(cell.place);
  return new HexError(
    "HEX_CELL_FAILED",
    `Expected cell ${cell.name} (${where}) to leave what it is handed as it is, got a change of ${changed.join(" or ")} (change a copy: \`structuredClone(${first})\`)`,
  );
}

type Test = (value: object) => boolean;

/** Messages of V8 about frozen objects, and which they may be: the likely ones, then the others. */
const MESSAGES: readonly (readonly [RegExp, (property: string, kind: string) => Test[]])[] = [
  [
    /^Cannot (?:assign to read only|delete) property '(.*)' of (?:object ')?(.*?)'?$/s,
    (property, kind) => [
      (value) => hasOwn(value, property) && Array.isArray(value) === kind.includes("Array"),
    ],
  ],
  [
    /^Cannot (?:add|define) property (.*), object is not extensible$/s,
    (property) => [
      // What is pushed comes at the end.
      (value) => Array.isArray(value) && String(value.length) === property,
      (value) => !hasOwn(value, property),
    ],
  ],
  [/^Cannot redefine property: (.*)$/s, (property) => [(value) => hasOwn(value, property)]],
];

function hasOwn(value: object, property: string): boolean {
  return Object.hasOwn(value, property);
}

function toTests(message: string): readonly Test[] {
  for (const [pattern, toTestsOf] of MESSAGES) {
    const [, property = "", kind = ""] = pattern.exec(message) ?? [];
    if (property !== "") return toTestsOf(property, kind);
  }
  return [];
}

function findChanged(values: ChangingCell["values"], tests: readonly Test[]): readonly string[] {
  for (const test of tests) {
    const isChanged = (each: object) => Object.isFrozen(each) && test(each);
    const found = Object.keys(values).filter((name) => holds(values[name], isChanged));
    if (found.length > 0) return found;
  }
  return [];
}

/** Whether a value is, or contains, an object that passes a test. */
function holds(value: unknown, test: Test): boolean {
  const seen = new Set<object>();
  const waiting = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (!isObject(each) || seen.has(each)) continue;
    if (test(each)) return true;
    seen.add(each);
    for (const part of membersOf(each)) waiting.push(part);
  }
  return false;
}

import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { unitOf } from "../../src/frame/column/column-data.ts";
import type { AnyFrame, Frame } from "../../src/frame/frame.ts";
import { frameToJson } from "../../src/frame/json.ts";
import type { Value } from "../../src/frame/schema.ts";

/** Asserts that a frame has exactly these columns, in this order, with these values. */
export function assertFrame(
  actual: AnyFrame,
  expected: Readonly<Record<string, readonly Value[]>>,
): void {
  const columns = actual.columns().map(({ name, data }): [string, Value[]] => [name, [...data]]);
  expect(columns).toEqual(Object.entries(expected));
}

/** Asserts that a frame has the schema and the rows of another, to the last bit of each value. */
export function assertSameFrame(actual: Frame, expected: Frame): void {
  // Dates are compared by their milliseconds.
  if (hasMicros(expected)) expect(frameToJson(actual)).toEqual(frameToJson(expected));
  const isSame =
    isDeepStrictEqual(actual.schema, expected.schema) &&
    isDeepStrictEqual([...actual], [...expected]);
  // The comparison of the test runner, which can show the difference, takes many times as long.
  if (!isSame) expect([actual.schema, [...actual]]).toEqual([expected.schema, [...expected]]);
  expect(isSame).toBe(true);
}

function hasMicros(frame: Frame): boolean {
  return frame.columns().some(({ data }) => unitOf(data) === "us");
}

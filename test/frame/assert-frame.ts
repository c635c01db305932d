import { expect } from "vitest";
import type { AnyFrame } from "../../src/frame/frame.ts";
import type { Value } from "../../src/frame/schema.ts";

/** Asserts that a frame has exactly these columns, in this order, with these values. */
export function assertFrame(
  actual: AnyFrame,
  expected: Readonly<Record<string, readonly Value[]>>,
): void {
  const columns = actual.columns().map(({ name, data }): [string, Value[]] => [name, [...data]]);
  expect(columns).toEqual(Object.entries(expected));
}

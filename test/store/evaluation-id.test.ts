import { expect, test } from "vitest";
import { parseEvaluationId, toEvaluationId } from "../../src/store/version.ts";

test("a version's evaluation is named by its number and its commit", () => {
  const version = { generation: 12, commitId: "5f0c9c39-0d0e-4b7a-9d69-0f8f0f6b9b0a" };
  expect(toEvaluationId(version)).toBe("12.5f0c9c39-0d0e-4b7a-9d69-0f8f0f6b9b0a");
  expect(parseEvaluationId(toEvaluationId(version))).toEqual(version);
});

test.each([
  "5f0c9c39-0d0e-4b7a-9d69-0f8f0f6b9b0a",
  "12",
  "0.a",
  "1.",
  "1.a/b",
  "-1.a",
  "1.a.b",
  "",
])("%j is no version's evaluation", (id) => {
  expect(parseEvaluationId(id)).toBeUndefined();
});

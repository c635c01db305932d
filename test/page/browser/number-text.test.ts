import { expect, test } from "vitest";
import { figureText } from "../../../src/page/browser/output/number-text.ts";

test("groups the thousands of a figure and keeps up to six digits beyond the point", () => {
  expect([1035, 2.638160585, 1234567.891, -12_000, 0, 5].map(figureText)).toEqual([
    "1,035",
    "2.638161",
    "1,234,567.891",
    "-12,000",
    "0",
    "5",
  ]);
});

test("keeps six digits that count of a small figure, and leaves very small and large ones short", () => {
  expect([0.00012345678, 1e-9, 6.02e23].map(figureText)).toEqual([
    "0.000123457",
    "1e-9",
    "6.02e+23",
  ]);
});

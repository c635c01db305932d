import { expect, test } from "vitest";
import { choiceLabel, findOptions } from "../../../src/page/browser/input/option-label.ts";
import { hasOwnHeading } from "../../../src/page/browser/published/masthead.tsx";
import { nextTab, toTabSlugs } from "../../../src/page/browser/published/page-body.tsx";
import { openModel } from "../../../src/page/browser/published/page-model.ts";
import { nextTickMs, toRelativeTime } from "../../../src/page/browser/published/time-ago.tsx";
import { outputCell, pageState } from "./page-parts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test("says how long ago something was as people do", () => {
  const ages = [-5_000, 59_999, MINUTE, 59 * MINUTE, HOUR, 25 * HOUR, 40 * DAY, 800 * DAY];
  expect(ages.map(toRelativeTime)).toEqual([
    "just now",
    "just now",
    "1 minute ago",
    "59 minutes ago",
    "1 hour ago",
    "1 day ago",
    "1 month ago",
    "2 years ago",
  ]);
});

test("looks again at the moment when it would say something else", () => {
  for (const ageMs of [0, 30_000, 90_000, HOUR - 1, HOUR + 1, 5 * HOUR]) {
    const nextMs = nextTickMs(ageMs);
    expect(toRelativeTime(ageMs + nextMs - 1)).toBe(toRelativeTime(ageMs));
    expect(toRelativeTime(ageMs + nextMs)).not.toBe(toRelativeTime(ageMs));
  }
});

test("keys lead from tab to tab, all around", () => {
  expect(nextTab("ArrowRight", 2, 3)).toBe(0);
  expect(nextTab("ArrowLeft", 0, 3)).toBe(2);
  expect(nextTab("Home", 1, 3)).toBe(0);
  expect(nextTab("End", 1, 3)).toBe(2);
  expect(nextTab("a", 1, 3)).toBeUndefined();
});

test("every tab has a word of its own in the address", () => {
  expect(toTabSlugs(["Über uns", "By year", "by  YEAR", "年"])).toEqual([
    "uber-uns",
    "by-year",
    "3",
    "4",
  ]);
});

test("knows a page whose prose begins with a title", () => {
  const open = (markdown: string) =>
    hasOwnHeading(
      openModel(pageState([outputCell("a", { output: { kind: "markdown", markdown } })]), ""),
    );
  expect(open("\n# Planets\n\ntext")).toBe(true);
  expect(open("text\n\n# Planets")).toBe(false);
  expect(open("## Planets")).toBe(false);
});

test("finds options by a part of them, and says what is chosen", () => {
  const options = ["Transit", "Imaging", "", 2014];
  expect(findOptions(options, " IMA ")).toEqual(["Imaging"]);
  expect(findOptions(options, "201")).toEqual([2014]);
  expect(findOptions(options, "")).toHaveLength(4);
  expect(choiceLabel([], options)).toBe("None");
  expect(choiceLabel(["", 2014], options)).toBe("(empty), 2014");
  expect(choiceLabel(options, options)).toBe("All 4");
});

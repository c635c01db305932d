import { expect, test } from "vitest";
import { DAY, formatBytes, formatCount, formatDuration, MINUTE, shorten } from "../src/text.ts";

test("counts in one and in many", () => {
  expect([formatCount(1, "row"), formatCount(0, "row"), formatCount(1e6, "row")]).toEqual([
    "1 row",
    "0 rows",
    "1,000,000 rows",
  ]);
  expect([formatCount(2, "entry", "entries"), formatCount(1234)]).toEqual(["2 entries", "1,234"]);
});

test("gives lengths of time in the units that people use", () => {
  const lengths = [-5, 840, 5_230, 59_960, 200_000, 3 * MINUTE, 125 * MINUTE, 3 * DAY];
  expect(lengths.map(formatDuration)).toEqual([
    "0 ms",
    "840 ms",
    "5.2 s",
    "1 min",
    "3 min 20 s",
    "3 min",
    "2 h 5 min",
    "3 d",
  ]);
});

test("gives bytes in decimal units", () => {
  expect([999, 5_200, 1e6, 3.14e9].map(formatBytes)).toEqual([
    "999 B",
    "5.2 kB",
    "1.0 MB",
    "3.1 GB",
  ]);
});

test("shortens a text to a length with its mark", () => {
  expect([shorten("12345", 5), shorten("123456", 5)]).toEqual(["12345", "1234…"]);
});

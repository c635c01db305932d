import { expect, test } from "vitest";
import { csvBlocks } from "../../src/frame/csv/write/csv-write.ts";
import { frame } from "../../src/frame/rows.ts";
import { toSpreadsheetText } from "../../src/frame/spreadsheet-text.ts";

test.each([
  ["=1+1"],
  ["+1"],
  ["-1"],
  ["@SUM(A1)"],
  ["\t=1"],
  ["\r=1"],
  ["  =1"],
  ["\u00a0=1"],
  ["＝1"],
  ["－1"],
  ["harmless\n=1"],
  ["\n\n=1"],
])("an apostrophe disarms %j", (text) => {
  expect(toSpreadsheetText(text)).toBe(`'${text}`);
});

test.each([[""], ["a=b"], ["Kepler-22"], ["1-2"], ["two\nlines"]])("%j stays as it is", (text) => {
  expect(toSpreadsheetText(text)).toBe(text);
});

test("takes no longer than the text is long", () => {
  const text = "\n ".repeat(500_000);
  expect(toSpreadsheetText(text)).toBe(text);
});

test("disarms names and texts of a frame's CSV, and no numbers", () => {
  const rows = frame([
    { "=a": "=1", n: -1 },
    { "=a": null, n: null },
  ]);

  const [block] = csvBlocks(rows, { toText: toSpreadsheetText });

  expect(new TextDecoder().decode(block)).toBe(`"'=a","n"\n"'=1",-1\n,\n`);
});

import { expect, test } from "vitest";
import type { Schema } from "../../../src/frame/schema.ts";
import {
  cellText,
  csvText,
  instantText,
  tsvText,
} from "../../../src/page/browser/output/table/rows-text.ts";

test("shows a number in its shortest form, so that years stay years", () => {
  expect(cellText(2014, "integer")).toBe("2014");
  expect(cellText(0.1, "number")).toBe("0.1");
  expect(cellText("9007199254740993", "bigint")).toBe("9007199254740993");
});

test("shows numbers that JSON lacks", () => {
  expect(["NaN", "INF", "-INF", "-0"].map((value) => cellText(value, "number"))).toEqual([
    "NaN",
    "∞",
    "−∞",
    "-0",
  ]);
});

test("shows a text that reads like a number of infinity as it is", () => {
  expect(cellText("INF", "string")).toBe("INF");
});

test("shows an instant in the viewer's time, as fine as it is", () => {
  const local = new Date(2014, 4, 13, 8, 5, 9);
  expect(instantText(local.toISOString())).toBe("2014-05-13 08:05:09");
  expect(instantText(new Date(local.getTime() + 7).toISOString())).toBe("2014-05-13 08:05:09.007");
  const finer = local.toISOString().replace(".000Z", ".000012Z");
  expect(instantText(finer)).toBe("2014-05-13 08:05:09.000012");
});

test("keeps a text of several lines in one", () => {
  expect(cellText("a\r\nb\u2028c", "string")).toBe("a ⏎ b ⏎ c");
});

const SCHEMA = [
  { name: "text", type: "string" },
  { name: "n", type: "number" },
] as const;

test("copies values as they are: missing ones empty, formulas alone, tabs and breaks quoted", () => {
  const rows = [
    { text: "=1+1", n: -5 },
    { text: 'say "hi"\tor\nnot', n: null },
  ];
  expect(tsvText(SCHEMA, rows, true)).toBe('text\tn\n=1+1\t-5\n"say ""hi""\tor\nnot"\t');
});

test("writes a CSV in which no text is a formula and numbers stay numbers", () => {
  const rows = [
    { text: "=1+1", n: -5 },
    { text: "", n: null },
  ];
  expect(csvText(SCHEMA, rows)).toBe('"text","n"\n"\'=1+1",-5\n"",\n');
});

test("writes numbers and times in a CSV as the CSV of a frame has them, in one form", () => {
  const schema: Schema = [
    { name: "n", type: "number" },
    { name: "at", type: "instant" },
    { name: "local", type: "datetime" },
  ];
  const rows = [
    { n: "INF", at: "2024-01-01T10:00:00.000Z", local: "2024-01-01T10:00:00" },
    { n: "-INF", at: "2024-01-01T10:00:01.000Z", local: "2024-01-01T10:00:00.5" },
    { n: "NaN", at: null, local: "2024-01-01T10:00:00.000001" },
  ];
  expect(csvText(schema, rows).split("\n").slice(1)).toEqual([
    "inf,2024-01-01T10:00:00Z,2024-01-01T10:00:00.000000",
    "-inf,2024-01-01T10:00:01Z,2024-01-01T10:00:00.500000",
    "NaN,,2024-01-01T10:00:00.000001",
    "",
  ]);
});

import { describe, expect, test } from "vitest";
import { parseOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { ColumnType, Schema } from "../../src/frame/schema.ts";
import { EVERY_TYPE, everyTypeFrame } from "./every-type.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (frame: AnyFrame) => new TextDecoder().decode(frameToCsv(frame));
const roundTrip = (frame: AnyFrame) => parseOwnCsv(frameToCsv(frame), frame.schema);
const A_AND_B: Schema = [
  { name: "a", type: "integer" },
  { name: "b", type: "string" },
];

describe("frameToCsv", () => {
  test("quotes names and strings, and leaves missing values bare", () => {
    const rows = [
      { a: 1, b: 'x"y' },
      { a: null, b: "" },
      { a: 2, b: null },
    ];
    expect(textOf(frame(rows))).toBe('"a","b"\n1,"x""y"\n,""\n2,\n');
  });

  test("writes numbers so that they read back the same", () => {
    const numbers = frame(
      [-0, 0.1, 1e21, Number.NaN, Infinity, -Infinity].map((n) => ({ n, b: true })),
    );
    const lines = textOf(numbers).split("\n").slice(1, -1);
    expect(lines.map((line) => line.split(",")[0])).toEqual([
      "-0",
      "0.1",
      "1e+21",
      "NaN",
      "inf",
      "-inf",
    ]);
  });

  test("marks missing values of a lone column, where a blank line would get lost", () => {
    const lone = frame([{ s: "NA" }, { s: null }, { s: "" }]);
    expect(textOf(lone)).toBe('"s"\n"NA"\nNA\n""\n');
  });
});

describe("frameFromCsv", () => {
  test("reads infinity as it was written before, too", async () => {
    const read = await parseOwnCsv(bytesOf('"n"\nINF\n-INF\ninf\n'), [
      { name: "n", type: "number" },
    ]);
    expect(read.column("n")).toEqual([Infinity, -Infinity, Infinity]);
  });

  test("reads back every type as it was written", async () => {
    const written = everyTypeFrame();
    const read = await roundTrip(written);
    expect(read.schema).toEqual(written.schema);
    expect(read.rows()).toEqual(written.rows());
  });

  test.each(Object.keys(EVERY_TYPE) as ColumnType[])(
    "reads back a lone column of type %s",
    async (type) => {
      const written = everyTypeFrame().select(type);
      expect((await roundTrip(written)).rows()).toEqual(written.rows());
    },
  );

  test("reads back a frame without rows", async () => {
    const read = await roundTrip(everyTypeFrame().head(0));
    expect([read.numRows, read.numColumns]).toEqual([0, 8]);
  });

  test("reads back names that need quoting, and __proto__", async () => {
    const names = ["__proto__", 'a"b', "c,d", "e\nf", "c0", "x".repeat(65_536)];
    const written = frame([JSON.parse(`{${names.map((n) => `${JSON.stringify(n)}:1`).join()}}`)]);
    expect((await roundTrip(written)).columnNames).toEqual(names);
  });

  test("reads back texts longer than a block", async () => {
    const written = frame([
      { a: 1, s: "x".repeat(3_000_000) },
      { a: 2, s: "y" },
    ]);
    expect((await roundTrip(written)).rows()).toEqual(written.rows());
  });

  test("reads back more different texts than a dictionary holds, in order", async () => {
    const written = frame(
      Array.from({ length: 140_000 }, (_, i) => ({ i, s: i % 7 ? `text ${i}` : null })),
    );
    expect((await roundTrip(written)).column("s")).toEqual(written.column("s"));
  });

  test.each([
    ["a blank line", '"a","b"\n1,"x"\n\n2,"y"\n', /row 2/],
    ["a row that is too short", '"a","b"\n1,"x"\n2\n', /row 2/],
    ["a row that is too long", '"a","b"\n1,"x",3\n', /row 1/],
    ["a fraction as a whole number", '"a","b"\n1.5,"x"\n', /row 1, column "a"/],
    ["a whole number beyond 2^53", '"a","b"\n9007199254740993,"x"\n', /row 1, column "a"/],
    ["a number of two signs", '"a","b"\n--1,"x"\n', /row 1/],
    ["a padded number", '"a","b"\n 1,"x"\n', /row 1/],
    ["a bare text", '"a","b"\n1,x\n', /row 1, column "b"/],
    ["a quote inside a bare text", '"a","b"\n1,x"y\n', /row 1/],
    ["a quoted number", '"a","b"\n"1","x"\n', /a quoted field/],
    ["a quote that is never closed", '"a","b"\n1,"x\n', /never closed/],
    ["a carriage return", '"a","b"\r\n1,"x"\r\n', /header/],
    ["a missing last newline", '"a","b"\n1,"x"', /end of the file/],
    ["another header", '"a","c"\n1,"x"\n', /header/],
    ["a byte order mark", '\uFEFF"a","b"\n1,"x"\n', /byte order mark/],
    ["nothing", "", /header/],
  ])("refuses %s", async (_, text, message) => {
    const reading = parseOwnCsv(bytesOf(text), A_AND_B);
    await expect(reading).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("refuses bytes that are not UTF-8, naming the row", async () => {
    const bytes = Uint8Array.from([...bytesOf('"a","b"\n1,"x"\n2,"'), 0xff, 34, 10]);
    await expect(parseOwnCsv(bytes, A_AND_B)).rejects.toThrow(/row 2, column "b" .* UTF-8/);
  });

  test.each([
    ["date", "2021-02-29"],
    ["datetime", "2021-02-29T00:00:00"],
    ["instant", "2021-02-28T25:00:00.000Z"],
    ["boolean", "true\nfals"],
  ] as const)("refuses as %s the text %s", async (type, text) => {
    const reading = parseOwnCsv(bytesOf(`"a","b"\n${text},1\n`), [
      { name: "a", type },
      { name: "b", type: "integer" },
    ]);
    await expect(reading).rejects.toMatchObject({ code: "HEX_DATA_INVALID" });
  });
});

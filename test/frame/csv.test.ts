import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { frameFromCsv, frameFromForeignCsv, frameToCsv } from "../../src/frame/csv/csv.ts";
import { readCsv } from "../../src/frame/csv/read-csv.ts";
import type { AnyFrame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import type { ColumnType, Schema } from "../../src/frame/schema.ts";
import { assertFrame } from "./assert-frame.ts";
import { EVERY_TYPE, everyTypeFrame } from "./every-type.ts";
import { withFolder } from "./with-folder.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (frame: AnyFrame) => new TextDecoder().decode(frameToCsv(frame));
const roundTrip = (frame: AnyFrame) => frameFromCsv(frameToCsv(frame), frame.schema);
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
    const read = await frameFromCsv(bytesOf('"n"\nINF\n-INF\ninf\n'), [
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

  test("reads back texts longer than DuckDB's usual limit", async () => {
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
    ["a whole number beyond 2^53", '"a","b"\n9007199254740993,"x"\n', /column "a", row 1/],
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
    const reading = frameFromCsv(bytesOf(text), A_AND_B);
    await expect(reading).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("refuses bytes that are not UTF-8, naming the row", async () => {
    const bytes = Uint8Array.from([...bytesOf('"a","b"\n1,"x"\n2,"'), 0xff, 34, 10]);
    await expect(frameFromCsv(bytes, A_AND_B)).rejects.toThrow(/row 2, column "b" .* UTF-8/);
  });

  test.each([
    ["date", "2021-02-29"],
    ["datetime", "2021-02-29T00:00:00"],
    ["instant", "2021-02-28T25:00:00.000Z"],
    ["boolean", "true\nfals"],
  ] as const)("refuses as %s the text %s", async (type, text) => {
    const reading = frameFromCsv(bytesOf(`"a","b"\n${text},1\n`), [
      { name: "a", type },
      { name: "b", type: "integer" },
    ]);
    await expect(reading).rejects.toMatchObject({ code: "HEX_DATA_INVALID" });
  });
});

describe("frameFromForeignCsv", () => {
  test("finds the types of a file that pandas wrote, and drops its index", async () => {
    const text =
      ",n,x,s,d,t,b,big\n0,1,0.5,a,2020-01-31,2020-01-31 10:00:00,True,9007199254740993\n1,2,,,,,False,1\n";
    const read = await frameFromForeignCsv(bytesOf(text));
    expect(read.schema.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "n integer",
      "x number",
      "s string",
      "d date",
      "t datetime",
      "b boolean",
      "big bigint",
    ]);
    expect(read.rows()[1]).toMatchObject({ n: 2, x: null, s: null, d: null, b: false, big: 1n });
  });

  test("reads a time with an offset as a point in time", async () => {
    const text = "at,n\n2020-01-01T12:00:00+02:00,1\n2020-01-01T12:00:00Z,2\n";
    const read = await frameFromForeignCsv(bytesOf(text));
    expect(read.column("at")).toEqual([
      new Date("2020-01-01T10:00:00Z"),
      new Date("2020-01-01T12:00:00Z"),
    ]);
  });

  test("takes for missing what pandas takes for missing", async () => {
    const read = await frameFromForeignCsv(bytesOf('n,s\n1,x\nNA,None\nNaN,\n#N/A,""\n'));
    assertFrame(read, { n: [1, null, null, null], s: ["x", null, null, null] });
  });

  test("does not round a fraction that comes after many whole numbers", async () => {
    const whole = Array.from({ length: 30_000 }, (_, n) => `${n},x\n`).join("");
    const read = await frameFromForeignCsv(bytesOf(`n,s\n${whole}1.5,y\n`));
    expect(read.at("n", 30_000)).toBe(1.5);
  });

  test("finds a text that comes after many numbers", async () => {
    const whole = Array.from({ length: 30_000 }, (_, n) => `${n},x\n`).join("");
    const read = await frameFromForeignCsv(bytesOf(`n,s\n${whole}many,y\n`));
    expect([read.at("n", 0), read.at("n", 30_000)]).toEqual(["0", "many"]);
  });

  test("leaves days that are not ISO, and codes with leading zeros, as text", async () => {
    const read = await frameFromForeignCsv(bytesOf("d,zip\n01/02/2020,01234\n"));
    assertFrame(read, { d: ["01/02/2020"], zip: ["01234"] });
  });

  test("keeps whole numbers that are too long for numbers as text, wherever they stand", async () => {
    const short = Array.from({ length: 30_000 }, (_, n) => `${n},0.5,1.5,${n}\n`).join("");
    const long = "12345678901234567890";
    const read = await frameFromForeignCsv(bytesOf(`id,x,big,late\n${short}${long},1e300,,many\n`));
    expect(read.schema.map(({ type }) => type)).toEqual(["string", "number", "number", "string"]);
    expect([read.at("id", 0), read.at("id", 30_000)]).toEqual(["0", long]);
  });

  test("keeps a named first column", async () => {
    assertFrame(await frameFromForeignCsv(bytesOf("a,b\n1,x\n")), { a: [1], b: ["x"] });
  });
});

describe("readCsv", () => {
  test("names a file that is not there", async () => {
    await expect(readCsv("no/such.csv")).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringContaining("no/such.csv"),
    });
  });

  test("fits the file to a schema", () =>
    withFolder(async (folder) => {
      const path = `${folder}/it's.csv`;
      await writeFile(path, "id,day\n1,2020-02-29\n");
      const read = await readCsv(path, { schema: { day: "string", id: "number" } });
      assertFrame(read, { day: ["2020-02-29"], id: [1] });
    }));

  test("reads as written what the schema says is text", () =>
    withFolder(async (folder) => {
      const path = `${folder}/ids.csv`;
      await writeFile(path, "id,at,flag,n\n42,2024-01-01,true,1\n1.50,2024-01-02T00:00:00Z,no,2\n");
      const text = { id: "string", at: "string", flag: "string" } as const;
      const read = await readCsv(path, { schema: { ...text, n: "integer" } });
      assertFrame(read, {
        id: ["42", "1.50"],
        at: ["2024-01-01", "2024-01-02T00:00:00Z"],
        flag: ["true", "no"],
        n: [1, 2],
      });
    }));

  test("reads as numbers what the schema says are numbers, also when they are rounded by it", () =>
    withFolder(async (folder) => {
      const path = `${folder}/long.csv`;
      await writeFile(path, "n,later\n12345678901234567890,1\n1,x\n");
      const read = await readCsv(path, { schema: { n: "number", later: "string" } });
      assertFrame(read, { n: [12345678901234567000, 1], later: ["1", "x"] });
    }));

  test("names the row that is no text, also when a schema says what is text", () =>
    withFolder(async (folder) => {
      const path = `${folder}/bytes.csv`;
      await writeFile(path, Buffer.from("a,b\n1,x\n2,\xff\xfe\n", "latin1"));
      await expect(readCsv(path, { schema: { a: "string", b: "string" } })).rejects.toMatchObject({
        code: "HEX_DATA_INVALID",
        message: expect.stringMatching(/^The CSV cannot be read: row \d/),
      });
    }));

  test("says which columns a file has when the schema names others", () =>
    withFolder(async (folder) => {
      const path = `${folder}/other.csv`;
      await writeFile(path, "a,b\n1,2\n");
      await expect(readCsv(path, { schema: { a: "string", c: "string" } })).rejects.toMatchObject({
        code: "HEX_FRAME_INVALID",
        message: "Expected the frame to be of the columns a, c, got a, b",
      });
    }));
});

import { describe, expect, test } from "vitest";
import { CSV_LIMITS, type CsvLimits } from "../../src/frame/csv/csv-form.ts";
import { memorySource } from "../../src/frame/csv/read/csv-blocks.ts";
import { parseOwnCsv, readOwnCsv } from "../../src/frame/csv/read/csv-own.ts";
import { readForeignCsv } from "../../src/frame/csv/read/foreign-csv.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { frame } from "../../src/frame/rows.ts";
import { parseSchema, type Schema } from "../../src/frame/schema.ts";

const SCHEMA: Schema = [
  { name: "a", type: "integer" },
  { name: "b", type: "string" },
];
const GOOD = '"a","b"\n1,"x"\n';
const bytesOf = (text: string) => new TextEncoder().encode(text);
const foreign = (text: string) => memorySource(bytesOf(text), "foreign.csv");
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"));

describe("a stored CSV is refused with its row, or read by the rule", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["an unclosed quote", `${GOOD}2,"y\n3,"z"\n`, /row 2, column "b"/],
    ["an unclosed quote at the end", `${GOOD}2,"y`, /row 2, column "b" .* never closed/],
    ["a quote in a bare field", `${GOOD}2"",y\n`, /row 2, column "a"/],
    ["text after a closing quote", `${GOOD}2,"y"z\n`, /row 2, column "b"/],
    ["a row too short", `${GOOD}2\n`, /row 2, column "a"/],
    ["a row too long", `${GOOD}2,"y",3\n`, /row 2, column "b"/],
    ["a blank line", `${GOOD}\n2,"y"\n`, /row 2, column "a"/],
    ["a header of other names", '"a","c"\n1,"x"\n', /the header/],
    ["a header of other order", '"b","a"\n"x",1\n', /the header/],
    ["a header of more columns", '"a","b","c"\n1,"x",2\n', /the header/],
    ["a header of fewer columns", '"a"\n1\n', /the header/],
    ["a header that is not quoted", 'a,b\n1,"x"\n', /the header/],
    ["a byte order mark", `\uFEFF${GOOD}`, /byte order mark/],
    ["UTF-16", utf16(GOOD), /the header/],
    ["UTF-16 with its mark", utf16(`\uFEFF${GOOD}`), /the header .* UTF-8/],
    [
      "bytes that are not UTF-8",
      Buffer.from(`${GOOD}2,"\xff"\n`, "latin1"),
      /row 2, column "b" .* UTF-8/,
    ],
    [
      "half a character at the end",
      Buffer.from(`${GOOD}2,"\xc3`, "latin1"),
      /row 2, column "b" .* UTF-8/,
    ],
    ["a surrogate in bytes", Buffer.from(`${GOOD}2,"\xed\xa0\x80"\n`, "latin1"), /row 2/],
    ["an overlong character", Buffer.from(`${GOOD}2,"\xc0\xaf"\n`, "latin1"), /row 2/],
    ["a bare carriage return", `${GOOD}2\r,"y"\n`, /row 2, column "a"/],
    ["carriage returns for newlines", GOOD.replaceAll("\n", "\r"), /the header/],
    ["CRLF in the rows", `${GOOD}2,"y"\r\n`, /row 2, column "b"/],
    ["CRLF everywhere", GOOD.replaceAll("\n", "\r\n"), /the header/],
    ["a NUL in a bare field", `${GOOD}2\0,"y"\n`, /row 2, column "a"/],
    ["NULs after the end", `${GOOD}\0\0\0\0`, /row 2, column "a"/],
    ["an empty file", "", /the header/],
    ["spaces after a number", `${GOOD}2 ,"y"\n`, /row 2, column "a"/],
    ["spaces after a text", `${GOOD}2,"y" \n`, /row 2, column "b"/],
    ["no newline at the end", `${GOOD}2,"y"`, /row 2, column "b" .* end of the file/],
    ["a half header", '"a","b"', /the header/],
    ["a number that is a word", `${GOOD}two,"y"\n`, /row 2, column "a"/],
    ["a whole number that is written otherwise", `${GOOD}-0,"y"\n`, /row 2, column "a"/],
  ])("refuses %s", async (_, bytes, message) => {
    const reading = parseOwnCsv(typeof bytes === "string" ? bytesOf(bytes) : bytes, SCHEMA);
    const expected = { code: "HEX_DATA_INVALID", message: expect.stringMatching(message) };
    await expect(reading).rejects.toMatchObject(expected);
  });

  test.each<[string, string, string | null]>([
    ["a NUL", '"\0"', "\0"],
    ["a carriage return", '"\r"', "\r"],
    ["line ends", '"\r\n\n"', "\r\n\n"],
    ["a byte order mark", '"\uFEFF"', "\uFEFF"],
    ["spaces around", '" y "', " y "],
    ["a noncharacter", '"\uFFFE\u{1FFFF}"', "\uFFFE\u{1FFFF}"],
    ["nothing", '""', ""],
    ["missing", "", null],
  ])("keeps in a text %s", async (_, field, value) => {
    const read = await parseOwnCsv(bytesOf(`"a","b"\n1,${field}\n`), SCHEMA);
    expect(read.rows()).toEqual([{ a: 1, b: value }]);
  });

  test("takes a header alone for a frame without rows", async () => {
    expect((await parseOwnCsv(bytesOf('"a","b"\n'), SCHEMA)).numRows).toBe(0);
  });
});

test.each(["01.5", "1E5", "+1", ".5", "1.e1", "infinity"])(
  "refuses %s as a number",
  async (text) => {
    const schema: Schema = [
      { name: "n", type: "number" },
      { name: "b", type: "string" },
    ];
    const reading = parseOwnCsv(bytesOf(`"n","b"\n${text},"x"\n`), schema);
    await expect(reading).rejects.toMatchObject({ code: "HEX_DATA_INVALID" });
  },
);

describe("names and texts", () => {
  test.each([["__proto__"], ["n".repeat(65_536)], ['a,"b"\nc\r\n'], ["\0"], ["\uFFFF"], [" "]])(
    "keeps the name %j exactly",
    async (name) => {
      const written = frame([{ [`${name}2`]: 1 }]).rename({ [`${name}2`]: name });
      const read = await parseOwnCsv(frameToCsv(written), written.schema);
      expect([read.columnNames, read.column(name)]).toEqual([[name], [1]]);
    },
  );

  test.each([
    ["an empty name", [{ name: "", type: "date" }]],
    ["a name twice", ["a", "a"].map((name) => ({ name, type: "date" }))],
    ["a name with half a character", [{ name: "\uD800", type: "date" }]],
    ["a type that is not known", [{ name: "a", type: "decimal" }]],
  ])("refuses %s in a schema", (_, schema) => {
    const refused = expect.objectContaining({ code: "HEX_DATA_INVALID" });
    expect(() => parseSchema(schema)).toThrow(refused);
  });

  test("refuses half a character in a text to be written, with its row and column", () => {
    expect(() => frame([{ s: "x" }, { s: "\uDC00" }])).toThrow(/column "s", row 2/);
  });

  test("refuses a text to be written that is too long to be read again", () => {
    const long = frame([{ s: "x" }, { s: "x".repeat(CSV_LIMITS.maxFieldBytes) }]);
    expect(() => frameToCsv(long)).toThrow(/column "s", row 2 .* at most 16,777,216 bytes/);
  });

  test("refuses data of another type than the schema says", async () => {
    const schema: Schema = SCHEMA.map(({ name }) => ({ name, type: "date" }));
    await expect(parseOwnCsv(bytesOf(GOOD), schema)).rejects.toThrow(/row 1, column "b"/);
  });
});

describe("limits", () => {
  /** What reading blocks that have no end says, and how many of them were asked for. */
  async function readEndless(
    start: string,
    block: string,
    limits: Partial<CsvLimits>,
  ): Promise<[string, number]> {
    let blocks = 0;
    async function* open() {
      yield bytesOf(start);
      for (;;) {
        blocks++;
        yield bytesOf(block);
      }
    }
    const blockBytes = block.length;
    const reading = readOwnCsv({ name: "endless", open }, SCHEMA, { limits, blockBytes });
    return [String(await reading.catch((error: unknown) => error)), blocks];
  }

  test.each<[string, string, string, Partial<CsvLimits>, RegExp, number]>([
    ["a field", `${GOOD}2,"`, "x".repeat(1000), { maxFieldBytes: 5000 }, /row 2, column "b"/, 10],
    ["a number", `${GOOD}`, "1".repeat(1000), { maxFieldBytes: 5000 }, /row 2, column "a"/, 10],
    ["rows", GOOD, '2,"y"\n'.repeat(10), { maxRows: 51 }, /row 52 .* at most 51 rows/, 7],
    ["a file", GOOD, '2,"y"\n', { maxFileBytes: 74 }, /at most 74 bytes/, 14],
    ["a field by default", `${GOOD}2,"`, "x".repeat(2 ** 20), {}, /16,777,216 bytes/, 34],
  ])("stops at the limit of %s without end", async (_, start, block, limits, message, most) => {
    const [said, blocks] = await readEndless(start, block, limits);
    expect(said).toMatch(message);
    expect(blocks).toBeLessThanOrEqual(most);
  });

  test("stops at a header of a million columns, stored or foreign", async () => {
    const header = Array.from({ length: 1_000_000 }, (_, n) => `"c${n}"`).join(",");
    await expect(parseOwnCsv(bytesOf(`${header}\n`), SCHEMA)).rejects.toThrow(/the header/);
    await expect(readForeignCsv(foreign(`${header}\n`))).rejects.toThrow(/at most 10,000 columns/);
    const wide = Array.from(
      { length: 10_001 },
      (_, n) => ({ name: `c${n}`, type: "date" }) as const,
    );
    await expect(parseOwnCsv(bytesOf(GOOD), wide)).rejects.toThrow(/at most 10,000 columns/);
  });

  test.each<[string, Partial<CsvLimits>, RegExp]>([
    ["a column name", { maxFieldBytes: 5 }, /column 2 of the header .* at most 5 bytes/],
    ["rows", { maxRows: 1 }, /at most 1 rows/],
    ["bytes", { maxFileBytes: 10 }, /at most 10 bytes/],
  ])("stops at the limit of %s of a foreign CSV", async (_, limits, message) => {
    await expect(readForeignCsv(foreign("a,bbbbbb\n1,2\n3,4\n"), { limits })).rejects.toThrow(
      message,
    );
  });
});

import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { memorySource } from "../../src/frame/csv/read/csv-blocks.ts";
import { type ReadForeignOptions, readForeignCsv } from "../../src/frame/csv/read/foreign-csv.ts";
import { readCsv } from "../../src/frame/csv/read/read-csv.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { assertFrame } from "./assert-frame.ts";
import { withFolder } from "./with-folder.ts";

function read(text: string | Uint8Array, options?: ReadForeignOptions) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return readForeignCsv(memorySource(bytes, "x.csv"), options);
}

async function frameOf(text: string | Uint8Array, options?: ReadForeignOptions) {
  return (await read(text, options)).frame;
}

async function typesOf(text: string | Uint8Array, options?: ReadForeignOptions) {
  return (await frameOf(text, options)).schema.map(({ type }) => type).join(" ");
}

async function refusal(text: string | Uint8Array, options?: ReadForeignOptions): Promise<string> {
  const error = await read(text, options).then(
    ({ frame }) => `read as ${JSON.stringify(frame.rows())}`,
    ({ code, message }) => `${code}: ${message}`,
  );
  return error;
}

/** A value in row 30,001, far behind where a sample would have ended. */
const late = (value: string, others = "5") => `id,v\n${`1,${others}\n`.repeat(30_000)}1,${value}\n`;

describe("types are what all rows allow", () => {
  test.each([
    ["00123", "5", "00123"],
    ["1_000", "5", "1_000"],
    ["n", "5", "n"],
    ["1,5", "5", "1,5"],
    ["12345678901234567890", "5", "12345678901234567890"],
    ["unknown", "2024-01-01T00:00:00Z", "unknown"],
    ["1704448800", "2024-01-01T00:00:00Z", "1704448800"],
    ["05/01/2024 10:00", "2024-01-01T00:00:00Z", "05/01/2024 10:00"],
    ["2024-01-01T00:00:00+02:00", "2024-01-01T00:00:00", "2024-01-01T00:00:00+02:00"],
    ["2024-01-01", "2024-01-01T00:00:00", "2024-01-01"],
    ["2024-02-30", "2024-01-01", "2024-02-30"],
    ["yes", "true", "yes"],
    ["12E4", "12.5", "12E4"],
  ])("%s after 30,000 times %s makes all of them texts", async (value, others, expected) => {
    const { frame, report } = await read(late(value.includes(",") ? `"${value}"` : value, others));
    expect([frame.at("v", 0), frame.at("v", 30_000)]).toEqual([others, expected]);
    expect(report.columns[1]?.why).toMatch(/^1 of 30,001 value is no .*: row 30,001 "/);
  });

  test("a fraction after whole numbers makes them floats, and nothing is rounded", async () => {
    const frame = await frameOf(late("25000.5"));
    expect([frame.at("v", 0), frame.at("v", 30_000)]).toEqual([5, 25000.5]);
  });

  test("a word for missing after 30,000 numbers is missing, and told", async () => {
    const { frame, report } = await read(late("n/a"));
    expect([frame.schema[1]?.type, frame.at("v", 30_000)]).toEqual(["integer", null]);
    expect(report.notes).toEqual(['column "v": 1 value taken for missing: row 30,001 "n/a"']);
  });

  test("a whole number beyond 2^53 makes bigints, one beyond 64 bits or a fraction texts", async () => {
    expect(await typesOf("a,b,c\n1,1,9007199254740993\n9007199254740993,1e300,0.5\n")).toBe(
      "bigint number string",
    );
    const beyond = await frameOf("a,b\n9223372036854775808,1\n");
    assertFrame(beyond, { a: ["9223372036854775808"], b: [1] });
  });

  test("an instant with a zone in letters or digits is that moment, which is told", async () => {
    const { frame, report } = await read(
      "at,n\n2026-03-29 01:30:00 UTC,1\n2026-03-29T03:30:00+02:00,2\n2026-03-29 01:30:00+00,3\n",
    );
    const moment = new Date("2026-03-29T01:30:00Z");
    expect(frame.column("at")).toEqual([moment, moment, moment]);
    expect(report.notes.join()).toMatch(
      /kept as moments in UTC.*row 2 "2026-03-29T03:30:00\+02:00"/,
    );
  });

  test.each([
    ["hours, minutes and seconds", "12:30\n"],
    ["ids with an exponent", "47583311587E590003\n47583311587E590004\n"],
    ["short ids with an exponent", "12E4\n4E5\n"],
    ["hexadecimal", "0x1F\n0x00ff\n"],
    ["digits in groups", "1_000\n2_000\n"],
    ["yes and no", "Yes\nNo\n"],
    ["tickers", "T\nF\n"],
    ["letters of Postgres", "t\nf\n"],
    ["apostrophes", "'tis'\n'hello'\n"],
    ["sizes", "1 2 3\n10 12 24\n"],
    ["sections", "1-1-1\n31-12-20\n"],
    ["days of somewhere", "25/12/20\n1/2/19\n"],
    ["times of somewhere", "25/12/20 14:30:05\n1/2/19 00:00:00\n"],
    ["phone numbers", "+4930123456\n+4930123457\n"],
    ["decimals of more digits than a float has", "0.123456789012345678\n1.5\n"],
    ["numbers that a float holds as none", "1e400\n1e-400\n"],
    ["fractions below the microsecond", "2024-01-01T00:00:00.123456789\n2024-01-01T00:00:00\n"],
  ])("%s stay as they are written", async (_, lines) => {
    const texts = lines.trimEnd().split("\n");
    const frame = await frameOf(`v,n\n${texts.map((text) => `${text},1\n`).join("")}`);
    expect(frame.column("v")).toEqual(texts);
  });

  test("numbers of every common form are read", async () => {
    const texts = [
      "0.5",
      ".5",
      "5.",
      "-0",
      "1e-05",
      "1e16",
      "1.5E10",
      "1.50",
      "0.10000000000000000000",
    ];
    const frame = await frameOf(`v,n\n${texts.map((text) => `${text},1\n`).join("")}`);
    expect(frame.column("v")).toEqual([0.5, 0.5, 5, -0, 1e-5, 1e16, 1.5e10, 1.5, 0.1]);
  });

  test("infinities are numbers, alone, first or later", async () => {
    const frame = await frameOf("a,b,c\ninf,inf,1\n-inf,2.5,-Infinity\nINF,1,Infinity\n");
    assertFrame(frame, {
      a: [Infinity, -Infinity, Infinity],
      b: [Infinity, 2.5, 1],
      c: [1, -Infinity, Infinity],
    });
  });

  test.each([["2024-01-01"], ["2024-01-01 10:00:00"], ["2024-01-01T10:00:00Z"]])(
    "infinity beside %s is refused with its row, or missing where that is said",
    async (time) => {
      for (const text of [`v,n\n${time},1\ninfinity,2\n`, `v,n\ninfinity,2\n${time},1\n`]) {
        const row = text.indexOf("infinity") > 5 ? 2 : 1;
        expect(await refusal(text)).toMatch(
          `HEX_DATA_INVALID: Expected column "v", row ${row} to be a`,
        );
        const missing = ["infinity", "-infinity"];
        expect((await frameOf(text, { missing })).column("v")).toContain(null);
      }
      expect(await typesOf(`v,n\n${time},1\ninfinity,2\nsoon,3\n`)).toBe("string integer");
    },
  );

  test("booleans are true and false in any case", async () => {
    assertFrame(await frameOf("a,b\nTrue,true\nFALSE,\n"), { a: [true, false], b: [true, null] });
  });

  test("spaces around numbers and days are not part of them, around texts they are", async () => {
    const frame = await frameOf("a, b, c\n1, 2.5, x\n2,  2024-01-01, y\n");
    assertFrame(frame, { a: [1, 2], " b": [" 2.5", "  2024-01-01"], " c": [" x", " y"] });
    assertFrame(await frameOf("a,b\n1, 2\n2, 3\n"), { a: [1, 2], b: [2, 3] });
  });

  test("order does not matter: what is read is the same from the last row to the first", async () => {
    const values = [
      "1",
      "2.5",
      "NA",
      "",
      "x",
      "inf",
      "2024-01-01",
      '"q"',
      "true",
      "9007199254740993",
    ];
    for (const one of values) {
      for (const other of values) {
        const [down, up] = await Promise.all(
          [
            [one, other],
            [other, one],
          ].map((pair) => {
            return frameOf(`v,n\n${pair.map((value) => `${value},1\n`).join("")}`).then(
              (frame) => frame.column("v"),
              (error: Error) => error.message.replace(/row \d/, "row"),
            );
          }),
        );
        expect(Array.isArray(up) ? up.reverse() : up, `${one} and ${other}`).toEqual(down);
      }
    }
  });
});

describe("why a column is text", () => {
  test.each([
    ["1,5", "2,25", /a decimal comma \(decimal: ","/],
    ["31/12/2024", "01/02/2025", /look like days \(dates: "DD\/MM\/YYYY"/],
    ["unknown", "5", /row 1 "unknown" is not written as its neighbours are/],
  ])("is told for %s and %s", async (one, other, message) => {
    const { report } = await read(`v;n\n${one};1\n${other};2\nn/a;3\n`);
    expect(report.columns[0]).toMatchObject({
      type: "string",
      why: expect.stringMatching(message),
    });
  });

  test("is not told for what is just text", async () => {
    const { report } = await read("v,n\nTransit,1\nImaging,2\n");
    expect(report.columns[0]).toEqual({ name: "v", type: "string" });
  });
});

test("decimals of 16 and 17 digits are the floats that are nearest to them", async () => {
  let state = 1;
  const digit = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 10;
  };
  const texts = Array.from({ length: 20_000 }, (_, index) => {
    const digits = Array.from({ length: 15 + (index % 2) }, digit).join("");
    const places = 1 + (index % 15);
    return `${1 + (index % 9)}${digits.slice(0, -places)}.${digits.slice(-places)}`;
  });
  const frame = await frameOf(`v,n\n${texts.map((text) => `${text},1\n`).join("")}`);
  expect(frame.column("v")).toEqual(texts.map(Number));
});

describe("missing values", () => {
  test("an empty field is missing, and two quotes are an empty text among texts", async () => {
    const frame = await frameOf('a,b\n1,x\n,""\n"",\n');
    assertFrame(frame, { a: [1, null, null], b: ["x", "", null] });
    assertFrame(await frameOf('a,b\n1,\n2,""\n3,NA\n'), { a: [1, 2, 3], b: [null, "", null] });
  });

  test("words for missing are texts among bare texts, which is told with what to do", async () => {
    const { frame, report } = await read("country,n\nNA,1\nDE,2\n");
    assertFrame(frame, { country: ["NA", "DE"], n: [1, 2] });
    expect(report.notes).toEqual([
      'column "country": 1 value kept as text: row 1 "NA" (missing: ["NA"] reads them as missing)',
    ]);
  });

  test("words for missing are missing where all texts are quoted, as R writes", async () => {
    const { frame } = await read('"s","n"\n"a",1\nNA,NA\n"NA",2\n');
    assertFrame(frame, { s: ["a", null, "NA"], n: [1, null, 2] });
  });

  test("what MySQL and ClickHouse write is missing everywhere", async () => {
    const { frame, report } = await read("a,b\n\\N,x\n1,\\N\n");
    assertFrame(frame, { a: [null, 1], b: ["x", null] });
    expect(report.notes).toEqual([
      'column "a": 1 value taken for missing: row 1 "\\\\N"',
      'column "b": 1 value taken for missing: row 2 "\\\\N"',
    ]);
  });

  test("missing takes the place of all other words", async () => {
    const frame = await frameOf("a,b\n-999,x\nNA,-999\n", { missing: ["-999"] });
    assertFrame(frame, { a: [null, "NA"], b: ["x", null] });
  });

  test("a column of nothing but words is of texts, all missing", async () => {
    assertFrame(await frameOf("a,b\nNA,1\nNA,2\n"), { a: [null, null], b: [1, 2] });
  });
});

describe("rows and fields", () => {
  test("a row may begin with #, unless comments are asked for", async () => {
    const text = "unit,rent\n#101,1000\n#102,1100\n103,900\n";
    expect((await frameOf(text)).column("unit")).toEqual(["#101", "#102", "103"]);
    expect((await frameOf(text, { comment: "#" })).column("unit")).toEqual([103]);
  });

  test("a row of another length is refused with its line and what reads it", async () => {
    const said = await refusal("a,b,c\n1,2,3\n4,5,6,7\n8,9\n");
    expect(said).toBe(
      'HEX_DATA_INVALID: Expected line 3 of x.csv (row 2) to be of 3 fields, as the header, got 4 fields (ragged: "missing" takes rows of any length)',
    );
    const { frame, report } = await read("a,b,c\n1,2,3\n4,5,6,7\n8,9\n", { ragged: "missing" });
    assertFrame(frame, { a: [1, 4, 8], b: [2, 5, 9], c: [3, 6, null], column4: [null, 7, null] });
    expect(report.notes).toEqual([
      "1 row shorter than the header: filled with missing values",
      'column 4: not in the header, "column4" here; first in row 2',
    ]);
  });

  test("a title above the header is told with the option that passes over it", async () => {
    const text = "List of changes, by year.\na,b,c\n1,2,3\n";
    expect(await refusal(text)).toMatch(/line 2 .*skipLines: 1 if that line is the header/);
    assertFrame(await frameOf(text, { skipLines: 1 }), { a: [1], b: [2], c: [3] });
    expect(await refusal("A title\na;b\n1;2\n")).toMatch(/line 2 .* got 2 fields .*skipLines: 1/);
  });

  test("a quote within quotes that is not doubled is refused with its line", async () => {
    const said = await refusal('"a","b"\n"1","x, y"\n"2","a "b" c"\n');
    expect(said).toMatch(/line 3 of x.csv \(row 2\), field 2, .*got "b\\" c\\"\\n" .*quote: ""/);
    expect(await refusal('a,b\n1,"x\n2,y\n')).toMatch(/line 2 .*no closing quote up to the end/);
  });

  test("quotes that come late, and apostrophes that come first, are what they are", async () => {
    const plain = "1,plain text\n".repeat(30_000);
    const frame = await frameOf(`id,t\n${plain}2,"12"" pipe"\n3,"quoted"\n`);
    expect([frame.at("t", 30_000), frame.at("t", 30_001)]).toEqual(['12" pipe', "quoted"]);
    assertFrame(await frameOf("a,b\n'x','y\n"), { a: ["'x'"], b: ["'y"] });
    assertFrame(await frameOf("a,b\n'x,1','y'\n", { quote: "'" }), { a: ["x,1"], b: ["y"] });
  });

  test("a sign before quotes within quotes is taken where it is told", async () => {
    const frame = await frameOf('a,b\n"x\\"y","z\\\\"\n', { escape: "\\" });
    assertFrame(frame, { a: ['x"y'], b: ["z\\"] });
  });

  test("line ends may mix, and lines without anything are passed over and told", async () => {
    const { frame, report } = await read("id,name\r\n1,a\n\n2,b\r\n\r\n3,c");
    assertFrame(frame, { id: [1, 2, 3], name: ["a", "b", "c"] });
    expect(report.notes).toEqual(["2 blank lines: passed over"]);
    assertFrame(await frameOf("a,b\r1,x\r2,y\r"), { a: [1, 2], b: ["x", "y"] });
    assertFrame(await frameOf('a,b\r\r\n1,x\r\r\n"2","y"\r\r\n'), { a: [1, 2], b: ["x", "y"] });
  });

  test("lines above the header are refused, and a few signs in texts divide nothing", async () => {
    expect(await refusal("# one\n# two\na;b\n# three\n1;3\n6;7\n")).toMatch(
      /line 3 of x.csv .*to be of 1 field, as the header, got 2 fields/,
    );
    assertFrame(await frameOf("note\nfirst; then\nb\nc\n"), { note: ["first; then", "b", "c"] });
  });

  test("a file that is refused before its rows is closed", async () => {
    let closed = 0;
    const source = {
      name: "x.xlsx",
      async *open() {
        try {
          yield Buffer.from("504b030414000000", "hex");
        } finally {
          closed++;
        }
      },
    };
    await expect(readForeignCsv(source)).rejects.toThrow("a ZIP archive");
    expect(closed).toBe(1);
  });

  test("a blank line of a file of one column is a missing value, also at the end", async () => {
    assertFrame(await frameOf("a\n1\n\n3\r\n\r\n\n"), { a: [1, null, 3, null, null] });
  });

  test.each([
    [";", "a;b\n1,5;x\n", { a: ["1,5"], b: ["x"] }],
    ["tab", "a\tb\n1\tx\n", { a: [1], b: ["x"] }],
    ["|", "a|b\n1|x, y\n", { a: [1], b: ["x, y"] }],
    ["; told by the first line", "sep=;\na;b\n1;x\n", { a: [1], b: ["x"] }],
  ])("the delimiter is that of the header: %s", async (_, text, columns) => {
    assertFrame(await frameOf(text), columns);
  });

  test("decimal commas, groups of digits and days of somewhere are read where they are told", async () => {
    const text = "n;g;d;t\n1,5;1.234,50;31.12.2024;1.2.2024 9:05\n-0,25;2;01.02.2025;\n";
    const options = { decimal: ",", thousands: ".", dates: "DD.MM.YYYY" } as const;
    assertFrame(await frameOf(text, options), {
      n: [1.5, -0.25],
      g: [1234.5, 2],
      d: ["2024-12-31", "2025-02-01"],
      t: ["1.2.2024 9:05", null],
    });
    const times = await frameOf("t;n\n1.2.2024 9:05;1\n", { dates: "D.M.YYYY H:mm" });
    expect(times.column("t")).toEqual(["2024-02-01T09:05:00"]);
    expect(await refusal("a,b\n1,2\n", { dates: "DD/MM/YY" })).toMatch(/option `dates`/);
    expect(await refusal("a,b\n1,2\n", { delimiter: "'", quote: "'" })).toMatch(/`delimiter`/);
  });

  test("5,000 columns are read as quickly as as many fields in rows", async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `c${index}`).join(",");
    const row = Array.from({ length: 5_000 }, (_, index) => index).join(",");
    const frame = await frameOf(`${names}\n${`${row}\n`.repeat(3)}`);
    expect([frame.numColumns, frame.numRows, frame.at("c4999", 2)]).toEqual([5_000, 3, 4_999]);
  });
});

describe("names", () => {
  test("pandas' row counter is dropped, any other nameless column is kept, both are told", async () => {
    const counter = await read(",a\n0,5\n1,6\n");
    assertFrame(counter.frame, { a: [5, 6] });
    expect(counter.report.notes).toEqual([
      "column 1: without a name and counting from 0, dropped as the index of pandas",
    ]);
    const labels = await read(",mass,year\nmass,1,0.5\nyear,0.5,1\n");
    assertFrame(labels.frame, { column1: ["mass", "year"], mass: [1, 0.5], year: [0.5, 1] });
    expect(labels.report.notes).toEqual(['column 1: without a name in the file, "column1" here']);
    expect((await frameOf(",a\n1,5\n2,6\n")).columnNames).toEqual(["column1", "a"]);
  });

  test("names are kept exactly, and a second one of a name is told", async () => {
    const { frame, report } = await read("a,A,a,a_1,__proto__,2020\n1,2,3,4,5,6\n");
    expect(frame.columnNames).toEqual(["a", "A", "a_2", "a_1", "__proto__", "2020"]);
    expect(report.notes).toEqual(['column 3: named "a" in the file, "a_2" here']);
  });

  test("a file without a header has its columns counted", async () => {
    assertFrame(await frameOf("1,x\n2,y\n", { header: false }), {
      column1: [1, 2],
      column2: ["x", "y"],
    });
  });
});

describe("files that are no plain CSV", () => {
  test.each([
    ["nothing", "", /to be a CSV file with at least a header, got no line in it/],
    ["blank lines", "\n\r\n\n", /no line in it/],
    [
      "Latin-1",
      Buffer.from("nom;ville\nJos\xe9;Orl\xe9ans\n", "latin1"),
      /line 2 of x.csv to be text in UTF-8, got the byte 0xE9 \(encoding: "windows-1252" reads "José;Orléans"/,
    ],
    ["UTF-16 without a mark", Buffer.from("a,b\n1,2\n", "utf16le"), /encoding: "utf-16le"/],
    ["a ZIP archive", Buffer.from("504b0304140000", "hex"), /a ZIP archive or an Excel workbook/],
    ["Parquet", Buffer.from("PAR1 and more"), /a Parquet file/],
    [
      "half a gzip file",
      gzipSync("a,b\n1,2\n").subarray(0, 18),
      /a whole gzip file, got a damaged/,
    ],
  ])("refuses %s and says what it is", async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  test("reads what is told, marked or packed", async () => {
    const expected = { nom: ["José", "Zoë"], n: [1, 2] };
    const text = "nom;n\nJosé;1\nZoë;2\n";
    const latin = Buffer.from(text, "latin1");
    assertFrame(await frameOf(latin, { encoding: "windows-1252" }), expected);
    assertFrame(await frameOf(`\uFEFF${text}`), expected);
    const marked = await read(Buffer.from(`\uFEFF${text}`, "utf16le"));
    assertFrame(marked.frame, expected);
    expect(marked.report.notes).toEqual(["the file: read as utf-16le"]);
    const packed = await read(gzipSync(text));
    assertFrame(packed.frame, expected);
    expect(packed.report.notes).toEqual(["the file: unpacked by gzip"]);
    // A frame of zstd whose one block is stored as it is.
    const zstd = Buffer.concat([Buffer.from("28b52ffd2004210000", "hex"), Buffer.from("a,b\n")]);
    expect((await frameOf(zstd)).columnNames).toEqual(["a", "b"]);
  });

  test("lets go of a packed file that is refused in its middle", async () => {
    const packed = gzipSync(`a,b\n${"1,2\n".repeat(200_000)}1,2,3\n${"1,2\n".repeat(200_000)}`, {
      level: 0,
    });
    let isClosed = false;
    async function* open() {
      try {
        for (let at = 0; at < packed.length; at += 65_536) yield packed.subarray(at, at + 65_536);
      } finally {
        isClosed = true;
      }
    }
    await expect(readForeignCsv({ name: "x.csv.gz", open })).rejects.toThrow(/line 200,002 of/);
    await expect.poll(() => isClosed).toBe(true);
  });

  test("a header alone has no rows", async () => {
    const frame = await frameOf("a,b\n");
    expect([frame.numRows, frame.columnNames]).toEqual([0, ["a", "b"]]);
  });
});

describe("a schema", () => {
  test("decides what is read, also of what would be found otherwise", async () => {
    const text = "flag,hex,na,id,day\nF,0x1A,NA,007,2020-02-29\nT,0x1B,x,8,2021-01-01\n";
    const schema = {
      flag: "string",
      hex: "string",
      na: "string",
      id: "integer",
      day: "string",
    } as const;
    assertFrame(await frameOf(text, { schema }), {
      flag: ["F", "T"],
      hex: ["0x1A", "0x1B"],
      na: ["NA", "x"],
      id: [7, 8],
      day: ["2020-02-29", "2021-01-01"],
    });
  });

  test.each([
    ["integer", "1.5"],
    ["integer", "9007199254740993"],
    ["bigint", "1e3"],
    ["number", "one"],
    ["boolean", "maybe"],
    ["date", "05/01/2024"],
    ["datetime", "2024-01-01T00:00:00Z"],
    ["instant", "2024-01-01T00:00:00"],
    ["instant", "unknown"],
    ["instant", "infinity"],
  ] as const)("refuses as %s the late text %s, with its row", async (type, text) => {
    const good = { integer: "1", bigint: "1", number: "1", boolean: "t", date: "2024-01-01" };
    const others =
      type === "datetime"
        ? "2024-01-01 00:00:00"
        : type === "instant"
          ? "2024-01-01T00:00:00Z"
          : good[type];
    const said = await refusal(late(text, others), { schema: { id: "integer", v: type } });
    expect(said).toMatch(`HEX_FRAME_INVALID: Expected column "v", row 30001 to be of type ${type}`);
    expect(said).toMatch(`got "${text}"`);
  });

  test("tells which numbers it rounded", async () => {
    const { frame, report } = await read("n,b\n12345678901234567890,1\n1,0\n", {
      schema: { n: "number", b: "boolean" },
    });
    assertFrame(frame, { n: [12345678901234567000, 1], b: [true, false] });
    expect(report.notes).toEqual([
      'column "n": 1 value rounded to a float: row 1 "12345678901234567890"',
    ]);
  });

  test("names the columns of a file when it names others", async () => {
    expect(await refusal("a,b\n1,2\n", { schema: { a: "string", c: "string" } })).toBe(
      "HEX_FRAME_INVALID: Expected the frame to be of the columns a, c, got a, b",
    );
  });

  test("gives the columns in its order", async () => {
    const frame = await frameOf("id,day\n1,2020-02-29\n", {
      schema: { day: "string", id: "number" },
    });
    expect(frame.columnNames).toEqual(["day", "id"]);
  });
});

describe("numbers within quotes", () => {
  test("are texts where other numbers of the file are bare, which is told", async () => {
    const { frame, report } = await read('zip,n\n"10115",1\n"20095",2\n');
    assertFrame(frame, { zip: ["10115", "20095"], n: [1, 2] });
    expect(report.columns[0]?.why).toMatch("its numbers are all quoted");
  });

  test("are numbers where everything is quoted", async () => {
    assertFrame(await frameOf('"a","b"\n"1","2.5"\n'), { a: [1], b: [2.5] });
  });
});

describe("readCsv", () => {
  test("names a file that is not there", async () => {
    await expect(readCsv("no/such.csv")).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringContaining("no/such.csv"),
    });
  });

  test("hands on what was decided", () =>
    withFolder(async (folder) => {
      const path = `${folder}/it's [1]*?.csv`;
      await writeFile(path, "id,v\n1,x\n2,y\n");
      const reports: unknown[] = [];
      await readCsv(path, { report: (report) => reports.push(report) });
      expect(reports).toEqual([
        {
          name: path,
          rows: 2,
          columns: [
            { name: "id", type: "integer" },
            { name: "v", type: "string" },
          ],
          notes: [],
        },
      ]);
    }));

  test("refuses a file that changes while it is read", () =>
    withFolder(async (folder) => {
      const path = `${folder}/a.csv`;
      await writeFile(path, late("x"));
      const reading = readCsv(path, { report: () => undefined });
      await writeFile(path, late("y"));
      const outcome = await reading.catch((error: Error) => error.message);
      if (typeof outcome === "string") expect(outcome).toMatch("to stay as it is while it is read");
      else expect(["x", "y"]).toContain(outcome.at("v", 30_000));
    }));
});

test("microseconds are kept", async () => {
  const { frame } = await read(
    "at,local\n2024-01-01T00:00:00.000001Z,9999-12-31 23:59:59.999999\n,0001-01-01T00:00:00\n",
  );
  expect(frameToJson(frame)).toMatchObject({
    rows: [
      { at: "2024-01-01T00:00:00.000001Z", local: "9999-12-31T23:59:59.999999" },
      { at: null, local: "0001-01-01T00:00:00" },
    ],
  });
});

describe("neither the order of rows nor their place in a block matters", () => {
  test.each<[string, string, string, string]>([
    ["a whole number", "5", "-999", "integer"],
    ["a float", "1.5", "-999.5", "number"],
    ["a day", "2020-01-01", "1900-01-01", "date"],
    ["a time", "2020-01-01T00:00:00", "1900-01-01T00:00:00", "datetime"],
    ["a boolean", "true", "false", "boolean"],
    ["a text", "x", "-", "string"],
  ])("%s that was told to be missing is missing in every row", async (_, value, none, type) => {
    for (const schema of [undefined, { v: type, n: "integer" } as const]) {
      const options = { missing: [none], schema } as ReadForeignOptions;
      const late = await frameOf(`v,n\n${value},1\n${none},2\n"${none}",3\n`, options);
      const early = await frameOf(`v,n\n"${none}",1\n${none},2\n${value},3\n`, options);
      expect([late.schema[0]?.type, early.schema[0]?.type]).toEqual([type, type]);
      const missing = [late, early].map((frame) => frame.column("v").map((item) => item === null));
      expect(missing).toEqual([
        [false, true, true],
        [true, true, false],
      ]);
    }
  });

  test("a quoted word is a text among quoted texts, also before all others", async () => {
    assertFrame(await frameOf('v,n\n"NA",1\n"x",2\n'), { v: ["NA", "x"], n: [1, 2] });
    assertFrame(await frameOf('v,n\nNA,1\n"NA",2\n"x",3\n'), {
      v: [null, "NA", "x"],
      n: [1, 2, 3],
    });
    assertFrame(await frameOf('v,n\n"NA",1\n5,2\n'), { v: [null, 5], n: [1, 2] });
  });

  test("days by a pattern are that pattern's where they look like ISO days too", async () => {
    const days = "v,n\n2020-05-06,1\n2020-05-06,2\n";
    const frame = await frameOf(days, { dates: "YYYY-DD-MM" });
    const day = new Date("2020-06-05T00:00:00Z");
    expect(frame.column("v").map((value) => new Date(value as string))).toEqual([day, day]);
    const asked = { dates: "YYYY-D-M", schema: { v: "date", n: "integer" } } as const;
    expect((await frameOf(days, asked)).column("v")).toEqual(frame.column("v"));
    const times = await frameOf("v\n2020-05-06 10:00:00\n2020-05-06 10:00:00\n", {
      dates: "YYYY-DD-MM HH:mm:ss",
    });
    expect(times.at("v", 0)).toEqual(times.at("v", 1));
  });

  test("blank lines under a header of one column are rows, with longer rows too", async () => {
    const frame = await frameOf("a\n5\n\nx,2\n\n7\n\n", { ragged: "missing" });
    assertFrame(frame, {
      a: ["5", null, "x", null, "7", null],
      column2: [null, null, 2, null, null, null],
    });
  });

  test.each<[string, ReadForeignOptions]>([
    ["# one\n\n# two\n", { comment: "#" }],
    ["one\ntwo\n", { skipLines: 2 }],
    ["\r\n\r\n\r\n", {}],
    ["sep=,\r\n", {}],
  ])("lines above the header, %j, may end with any block", async (above, options) => {
    for (let blockBytes = 1; blockBytes < 30; blockBytes++) {
      const told = { ...options, delimiter: ",", blockBytes };
      assertFrame(await frameOf(`${above}a,b\r\n1,2\r\n`, told), { a: [1], b: [2] });
    }
  });
});

describe("infinities and line ends", () => {
  const bare = { header: false } as const;

  test.each([
    ["inf\n5\n2020-01-01\n", "string"],
    ["inf\n2020-01-01\n5\n", "string"],
    ["inf\n5\n1.5\n", "number"],
    ["inf\n5\n9007199254740993\n", "string"],
    ["inf\n-inf\n", "number"],
  ])("an infinity before other values is what it is behind them: %j", async (text, type) => {
    const turned = `${text.trimEnd().split("\n").reverse().join("\n")}\n`;
    expect([await typesOf(text, bare), await typesOf(turned, bare)]).toEqual([type, type]);
  });

  test("a bare infinity beside whole numbers makes them bare numbers", async () => {
    expect(await typesOf('a,b\ninf,"1"\n5,"2"\n')).toBe("number string");
  });

  test("a quoted field ends a file of CR, whatever its buffer held before", async () => {
    for (let blockBytes = 1; blockBytes < 40; blockBytes++) {
      const frame = await frameOf('a,b\r1,"x\ny"\r\r2,"z"', { blockBytes });
      assertFrame(frame, { a: [1, 2], b: ["x\ny", "z"] });
      expect(await refusal("\n\n\r", { blockBytes })).toContain("no line in it");
    }
  });

  test("a quote in a line above the header opens no field", async () => {
    assertFrame(await frameOf('# a,"b\na,b\n1,2\n', { comment: "#" }), { a: [1], b: [2] });
    assertFrame(await frameOf('"a\ra,b\r1,2\r', { skipLines: 1 }), { a: [1], b: [2] });
  });
});

describe("headers and options", () => {
  test("a quote within a bare name hides no delimiter", async () => {
    assertFrame(await frameOf('5" pipe;b\n1;2\n'), { '5" pipe': [1], b: [2] });
    assertFrame(await frameOf('"5"" pipe;",b\n1,2\n'), { '5" pipe;': [1], b: [2] });
    const told = { escape: "\\" };
    assertFrame(await frameOf('"a\\",;;;",b\n1,2\n', told), { 'a",;;;': [1], b: [2] });
  });

  test("a header that is not UTF-8 is refused with its line", async () => {
    const bytes = Buffer.from("gr\xf6\xdfe,b\n1,2\n", "latin1");
    expect(await refusal(bytes)).toMatch(/line 1 of x.csv .* 0xF6 .*windows-1252" reads "größe,b"/);
  });

  test.each([
    ["UTF-8", "utf8"],
    ["utf8", "utf8"],
    ["utf-16", "utf16le"],
    ["windows-1252", "utf8"],
  ] as const)("a mark is no part of a name where %s is told", async (encoding, written) => {
    const frame = await frameOf(Buffer.from("\uFEFFä,b\n1,2\n", written), { encoding });
    assertFrame(frame, { ä: [1], b: [2] });
  });

  test("a quote may be told as the escape of quotes", async () => {
    assertFrame(await frameOf('a\n"x""y"\n', { escape: '"' }), { a: ['x"y'] });
  });

  test("floats that were asked for tell what was rounded, and nothing else", async () => {
    const schema = { a: "number", b: "number" } as const;
    const { report } = await read("a,b\n9007199254740993,007\n9007199254740992,12E4\n", { schema });
    expect(report.notes).toEqual([
      'column "a": 1 value rounded to a float: row 1 "9007199254740993"',
    ]);
  });

  test("floats next to zero that keep less than is written stay texts", async () => {
    assertFrame(await frameOf("a,b\n5e-324,1.23456789e-320\n2.03E-322,1\n"), {
      a: [5e-324, 2.03e-322],
      b: ["1.23456789e-320", "1"],
    });
  });

  test("a whole number has one sign", async () => {
    expect(await refusal("a\n+-5\n", { schema: { a: "integer" } })).toContain("row 1");
  });

  test.each([
    ["bare", "v,n\nNA,1\nx,2\n", "its bare words stand among bare texts"],
    ["empty", 'v,n\n"",1\nx,2\n', undefined],
  ])("texts after %s ones are no exceptions among texts", async (_, text, why) => {
    expect((await read(text)).report.columns[0]?.why).toBe(why);
  });
});

describe("files that are not what they seem", () => {
  const bytesOf = (text: string) => new TextEncoder().encode(text);

  test.each(["a,b\n1,2\n", "a,b\n1,2\nx,4\n5,6\n", ""])(
    "a source of other rows in its second pass, %j, is refused",
    async (second) => {
      const passes = ["a,b\n1,2\nx,4\n", second];
      async function* open() {
        yield bytesOf(passes.shift() ?? "");
      }
      await expect(readForeignCsv({ name: "x.csv", open })).rejects.toMatchObject({
        code: "HEX_DATA_INVALID",
        message: expect.stringContaining("to stay as it is while it is read"),
      });
    },
  );

  test("zeros at the end of a gzip file are none of it, and nothing stands behind them", async () => {
    const first = gzipSync("a,b\n1,2\n");
    const more = gzipSync("3,4\n");
    assertFrame(await frameOf(Buffer.concat([first, more, Buffer.alloc(20)])), {
      a: [1, 3],
      b: [2, 4],
    });
    const damaged = Buffer.concat([first, more]);
    damaged[first.length] = 0;
    expect(await refusal(damaged)).toContain("more bytes behind its end");
  });
});

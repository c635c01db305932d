import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { memorySource } from "../../../src/frame/csv/read/csv-blocks.ts";
import { formatKind } from "../../../src/frame/excel/excel-formats.ts";
import type { ReadExcelOptions } from "../../../src/frame/excel/excel-options.ts";
import { readExcel } from "../../../src/frame/excel/read-excel.ts";
import type { AnyFrame } from "../../../src/frame/frame.ts";
import type { Value } from "../../../src/frame/schema.ts";

const SCRIPT = fileURLToPath(new URL("write_workbooks.py", import.meta.url));

/** The columns of a frame with their types. */
function seen(frame: AnyFrame) {
  return Object.fromEntries(frame.columns().map(({ name, type, data }) => [name, [type, ...data]]));
}

type Seen = Readonly<Record<string, readonly Value[]>>;

describe("workbooks of pandas and openpyxl", () => {
  const python = inject("python");
  const folder = mkdtempSync(join(tmpdir(), "hex-excel-"));
  const read = (name: string, options?: ReadExcelOptions) => {
    return readExcel(join(folder, `${name}.xlsx`), options);
  };
  const readTold = async (name: string, options?: ReadExcelOptions) => {
    const notes: string[] = [];
    const frame = await read(name, { ...options, report: (report) => notes.push(...report.notes) });
    return { columns: seen(frame), notes };
  };

  beforeAll(() => {
    if (python !== null) execFileSync(python, [SCRIPT, folder], { stdio: "pipe" });
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const CASES: readonly [string, string, ReadExcelOptions, Seen, readonly string[]][] = [
    [
      "all kinds of cells of pandas",
      "pandas",
      {},
      {
        id: ["integer", 1, 2, 3],
        amount: ["number", 1.5, null, 2],
        text: ["string", "007", " x ", null],
        day: ["date", "2024-02-29", null, "1900-03-01"],
        at: ["datetime", "2024-02-29T12:34:56.123", null, "2000-01-01T00:00:00"],
        flag: ["boolean", true, false, null],
        share: ["number", 0.25, 1, 0],
      },
      ["5 empty texts taken for missing, first B3"],
    ],
    [
      "the counting index of pandas",
      "index",
      {},
      { a: ["string", "x", "y"] },
      ["column 1: without a name and counting from 0, dropped as the index of pandas"],
    ],
    ["no rows", "empty", {}, { a: ["string"] }, []],
    ["no rows, with a schema", "empty", { schema: { a: "bigint" } }, { a: ["bigint"] }, []],
    ["no cells, with a schema", "no-cells", { schema: { a: "date" } }, { a: ["date"] }, []],
    [
      "days that are counted from 1904",
      "1904",
      {},
      { day: ["date", "1904-01-02"], at: ["datetime", "2024-02-29T12:34:56.123"] },
      ["the file: its days are counted from 1904"],
    ],
    [
      "numbers by the formats of their cells",
      "formats",
      {},
      {
        a: ["date", "2024-02-29"],
        b: ["datetime", "2024-02-29T06:00:00"],
        c: ["string", "12:00:00"],
        d: ["integer", 45351],
        e: ["string", "30:00:00"],
      },
      [],
    ],
    [
      "times of day, and spans of a day or more",
      "long-times",
      { range: "B:C" },
      { b: ["string", "24:00:00", "1080012:00:00"], c: ["string", "00:00:00", "23:59:59.999"] },
      [],
    ],
    [
      "errors as missing",
      "errors",
      { errors: "missing" },
      { a: ["integer", 1, 2], b: ["integer", null, 5] },
      ["1 error taken for missing, first B2"],
    ],
    [
      "merged cells, hidden rows, blank rows and other sheets, which are told",
      "odd",
      {},
      { a: ["integer", 1, 2, null, 4], b: ["integer", null, 3, null, 5] },
      [
        'sheet "Data": read as the first; others are Hidden, Other',
        "1 row that is not shown: read",
        "merged cells A2:B2: their value is in the first, the others are missing",
        "1 row without a value: read",
      ],
    ],
    ["another sheet by name", "odd", { sheet: "Other" }, { b: ["integer", 9] }, []],
    ["another sheet by number", "odd", { sheet: 3 }, { b: ["integer", 9] }, []],
    [
      "cells that begin elsewhere",
      "shifted",
      { range: "B3:C5" },
      { a: ["integer", 1, 2], b: ["string", "x", "y"] },
      [],
    ],
    [
      "columns that were asked for",
      "shifted",
      { range: "C:C" },
      { b: ["string", "x", "y", "total"] },
      [],
    ],
    [
      "the cells that are used",
      "shifted",
      {},
      { a: ["integer", 1, 2, null], b: ["string", "x", "y", "total"] },
      ["row 3: the first that is not empty"],
    ],
    [
      "names that are missing, double, numbers or days",
      "names",
      {},
      {
        a: ["integer", 1],
        column2: ["integer", 2],
        a_1: ["integer", 3],
        "2024": ["integer", 4],
        "2024-01-01": ["integer", 5],
      },
      [
        'column 2: without a name in the file, "column2" here',
        'column 3: named "a" in the file, "a_1" here',
      ],
    ],
    [
      "no header",
      "mixed",
      { header: false, schema: { column1: "string" } },
      { column1: ["string", "a", "1", "x"] },
      [],
    ],
    [
      "the first days of 1900",
      "first-day",
      {},
      { d: ["date", "1900-01-01", "1900-02-28", "1900-03-01"] },
      [],
    ],
    [
      "a schema",
      "pandas",
      { range: "A1:B4", schema: { amount: "number", id: "string" } },
      { amount: ["number", 1.5, null, 2], id: ["string", "1", "2", "3"] },
      ["1 empty text taken for missing, first B3"],
    ],
    [
      "texts as they are",
      "texts",
      {},
      { t: ["string", "line\r\nend", "<&> é😀", "\r", null] },
      ["1 empty text taken for missing, first A5"],
    ],
  ];

  test.for(CASES)("%s", async ([, name, options, columns, notes], { skip }) => {
    if (python === null) skip("there is no Python with the packages");
    const told = await readTold(name, options);
    expect(told.notes).toEqual(notes);
    expect(told.columns).toEqual(sorted(columns, Object.keys(told.columns)));
  });

  const REFUSED: readonly [string, string, ReadExcelOptions, RegExp][] = [
    [
      "an error",
      "errors",
      {},
      /Expected cell B2 of sheet "Data" of .*errors.xlsx to be a value, got the error #N\/A \(errors: "missing"/,
    ],
    [
      "a formula without a value",
      "formula",
      {},
      /cell A2 of sheet "Data" .* got a formula that was never computed/,
    ],
    [
      "a text among numbers",
      "mixed",
      {},
      /cell A3 of sheet "Data" .* to be a number like those above it, got a text, x/,
    ],
    [
      "a day or more in a format of times of day",
      "long-times",
      {},
      /cell A3 of sheet "Data" .* a time of day, as its format says, got 45000.5, which is a day or more \(give it a format of day and time, such as yyyy-mm-dd hh:mm, or of a span, such as \[h\]:mm\)/,
    ],
    ["the day that 1900 had not", "false-day", {}, /cell A2 .* got day 60, 29 February 1900/],
    [
      "an unknown sheet",
      "odd",
      { sheet: "X" },
      /a workbook with the sheet "X", got one of Hidden, Data, Other/,
    ],
    [
      "another range",
      "odd",
      { range: "x" },
      /cells such as B2:D10, or columns such as B:D, got "x"/,
    ],
    [
      "other columns than the schema's",
      "mixed",
      { schema: { b: "string" } },
      /those of the schema: b, got a/,
    ],
    [
      "a value of another type",
      "mixed",
      { schema: { a: "integer" } },
      /cell A3 .* of type integer, as the schema says, got x/,
    ],
    ["no cells", "no-cells", {}, /sheet "Data" of .* with a header at least, got no cells/],
  ];

  test.for(REFUSED)(
    "refuses %s, naming sheet and cell",
    async ([, name, options, message], { skip }) => {
      if (python === null) skip("there is no Python with the packages");
      await expect(read(name, options)).rejects.toThrow(message);
    },
  );

  test("is read or refused as a HexError, wherever it is cut or changed", async ({ skip }) => {
    if (python === null) skip("there is no Python with the packages");
    const whole = readFileSync(join(folder, "odd.xlsx"));
    const rows = (await readExcel(memorySource(whole, "x.xlsx"))).rows();
    for (let at = 0; at < whole.length; at += 97) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      for (const bytes of [whole.subarray(0, at), changed]) {
        const read = await readExcel(memorySource(bytes, "x.xlsx")).catch((error: unknown) => {
          expect(error).toMatchObject({ name: "HexError", code: "HEX_DATA_INVALID" });
        });
        // What was changed may not have been of use; it never becomes another value.
        if (read !== undefined) expect(read.rows()).toEqual(rows);
      }
    }
  });
});

describe("a workbook is read by the relations of its parts:", () => {
  const TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const relate = (parts: Readonly<Record<string, string>>) => {
    const all = Object.entries({ worksheet: "/xl/s.xml", ...parts }).map(([type, target]) => {
      return `<Relationship Id="${type}" Type="${TYPE}/${type}" Target="${target}"/>`;
    });
    return `<Relationships>${all.join("")}</Relationships>`;
  };
  const STYLES =
    '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>';
  const TEXTS = "<sst><si><t>day</t></si></sst>";
  const OTHERS = "<sst><si><t>another</t></si></sst>";
  const readParts = (
    parts: Readonly<Record<string, string>>,
    cell = '<c s="1"><v>45351</v></c>',
  ) => {
    const all = {
      "xl/workbook.xml": '<workbook><sheets><sheet name="S" r:id="worksheet"/></sheets></workbook>',
      "xl/s.xml": `<worksheet><row><c t="s"><v>0</v></c></row><row>${cell}</row></worksheet>`,
      ...parts,
    };
    const zip = zipSync(
      Object.fromEntries(Object.entries(all).map(([name, xml]) => [name, strToU8(xml)])),
    );
    return readExcel(memorySource(zip, "x.xlsx")).then(seen);
  };
  const DAY = { day: ["date", "2024-02-29"] };
  const RELATIONS = "xl/_rels/workbook.xml.rels";

  test.each([
    ["in its folder", "strings2.xml", "xl/strings2.xml"],
    ["from the root", "/xl/strings2.xml", "xl/strings2.xml"],
    ["in another folder", "../shared/a%20b.xml", "shared/a b.xml"],
    ["of a name as it is written there", "a%20b.xml", "xl/a%20b.xml"],
    ["in another case", "Strings2.xml", "xl/strings2.XML"],
  ])("texts and styles %s", async (_, target, path) => {
    const parts = {
      [RELATIONS]: relate({ sharedStrings: target, styles: target.replace(/\.xml/, "-s.xml") }),
      [path]: TEXTS,
      [path.replace(/\.xml/i, "-s.xml")]: STYLES,
      "xl/sharedStrings.xml": OTHERS,
    };
    expect(await readParts(parts)).toEqual(DAY);
  });

  test("where they do not name texts and styles, those lie at the usual places", async () => {
    const parts = { "xl/sharedStrings.xml": TEXTS, "xl/styles.xml": STYLES };
    expect(await readParts({ [RELATIONS]: relate({}), ...parts })).toEqual(DAY);
  });

  test("without styles numbers are numbers, and cells that name a style are refused", async () => {
    const parts = { [RELATIONS]: relate({}), "xl/sharedStrings.xml": TEXTS };
    const plain = await readParts(parts, "<c><v>45351</v></c>");
    expect(plain).toEqual({ day: ["integer", 45351] });
    await expect(readParts(parts)).rejects.toThrow(/damaged: style 1 is not there/);
  });
});

function sorted(columns: Seen, names: readonly string[]) {
  expect([...names].sort()).toEqual(Object.keys(columns).sort());
  return columns;
}

describe("another file than a workbook is told:", () => {
  test.each([
    [
      "an old one",
      Buffer.from("d0cf11e0a1b11ae1", "hex"),
      "an old workbook (.xls), or one with a password",
    ],
    ["a CSV", Buffer.from("a,b\n"), "one of another format (save it as .xlsx)"],
    ["nothing", Buffer.alloc(0), "an empty file"],
    ["a ZIP archive", zipSync({ "a.txt": strToU8("x") }), "a ZIP archive without one"],
    [
      "a binary workbook",
      zipSync({ "xl/workbook.bin": strToU8("x") }),
      "a binary workbook (.xlsb)",
    ],
  ])("%s", async (_, bytes, got) => {
    const message = `Expected x to be an Excel workbook (.xlsx), got ${got}`;
    await expect(readExcel(memorySource(bytes, "x"))).rejects.toThrow(message);
  });
});

test("what a number is follows from its format", () => {
  const kinds = [
    "General",
    "0.00",
    "0%",
    "yyyy-mm-dd",
    "d mmm",
    "hh:mm:ss.000",
    "[ss].00",
    "mm:ss",
    "[h]:mm",
    '0 "days"',
    "[Red]0",
    "#,##0;[Red]-#,##0",
    "m/d/yy h:mm",
    "[$€-407] #,##0",
    "@",
    "\\d0",
    "0.00E+00",
  ].map(formatKind);
  expect(kinds).toEqual([
    undefined,
    undefined,
    undefined,
    "date",
    "date",
    "time",
    "span",
    "time",
    "span",
    undefined,
    undefined,
    undefined,
    "datetime",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

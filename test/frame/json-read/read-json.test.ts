import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ByteSource } from "../../../src/frame/csv/read/csv-blocks.ts";
import type { CsvReport } from "../../../src/frame/csv/read/csv-report.ts";
import { readJsonFile } from "../../../src/frame/json-read/json-file.ts";
import { type ReadJsonOptions, readJson } from "../../../src/frame/json-read/read-json.ts";
import { assertFrame } from "../assert-frame.ts";

/** A text that comes in blocks of so many bytes. */
function sourceOf(text: string | Uint8Array, blockBytes = 7): ByteSource {
  const bytes = Buffer.from(text);
  return {
    name: "x.json",
    async *open() {
      for (let at = 0; at < bytes.length; at += blockBytes)
        yield bytes.subarray(at, at + blockBytes);
    },
  };
}

const read = (text: string | Uint8Array, options?: ReadJsonOptions) =>
  readJson(sourceOf(text), options);

/** Columns that a text is read as, with their types. */
const CASES: readonly [string, string, Readonly<Record<string, readonly unknown[]>>, string][] = [
  ["lines", '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', { a: [1, 2], b: ["x", "y"] }, "integer string"],
  ["lines without a last line end, of Windows", '{"a":1}\r\n{"a":2}', { a: [1, 2] }, "integer"],
  ["an array", ' [ {"a": 1} ,\n {"a": 2} ] \n', { a: [1, 2] }, "integer"],
  [
    "a key that is missing",
    '{"a":1}\n{"b":2}\n{}\n',
    { a: [1, null, null], b: [null, 2, null] },
    "integer integer",
  ],
  [
    "null",
    '{"a":null,"b":null}\n{"a":1,"b":null}',
    { a: [null, 1], b: [null, null] },
    "integer string",
  ],
  ["whole numbers to 2^53 − 1", '{"a":9007199254740991}', { a: [9007199254740991] }, "integer"],
  [
    "whole numbers beyond",
    '{"a":1}\n{"a":9007199254740993}',
    { a: [1n, 9007199254740993n] },
    "bigint",
  ],
  [
    "the ends of 64 bits",
    '[{"a":9223372036854775807},{"a":-9223372036854775808}]',
    { a: [2n ** 63n - 1n, -(2n ** 63n)] },
    "bigint",
  ],
  [
    "decimals and exponents",
    '[{"a":0.1},{"a":1e5},{"a":2},{"a":-0}]',
    { a: [0.1, 100000, 2, -0] },
    "number",
  ],
  [
    "what Python writes that JSON has not",
    '[{"a":NaN},{"a":Infinity},{"a":-Infinity},{"a":1}]',
    { a: [Number.NaN, Infinity, -Infinity, 1] },
    "number",
  ],
  ["booleans", '[{"a":true},{"a":false},{"a":null}]', { a: [true, false, null] }, "boolean"],
  [
    "texts that look like others",
    '[{"a":"1"},{"a":"2024-01-01"},{"a":"true"},{"a":""}]',
    { a: ["1", "2024-01-01", "true", ""] },
    "string",
  ],
  [
    "escapes",
    '{"a":"q\\" b\\\\ n\\n \\u00e9 \\ud83d\\ude00 \\/","\\u0062":1}',
    { a: ['q" b\\ n\n é 😀 /'], b: [1] },
    "string integer",
  ],
  ["texts of other letters", '{"é":"😀 \uFEFF"}', { é: ["😀 \uFEFF"] }, "string"],
  [
    "columns of the prototype",
    '{"__proto__":1,"constructor":2,"toString":3}',
    { ["__proto__"]: [1], constructor: [2], toString: [3] },
    "integer integer integer",
  ],
  [
    "keys in another order",
    '{"a":1,"b":2}\n{"b":3,"a":4}',
    { a: [1, 4], b: [2, 3] },
    "integer integer",
  ],
];

describe("JSON is read exactly:", () => {
  test.each(CASES)("%s", async (_, text, columns, types) => {
    const frame = await read(text);
    const entries = Object.entries(columns);
    expect(frame.columns().map(({ name, data }) => [name, [...data]])).toEqual(entries);
    expect(frame.schema.map(({ type }) => type).join(" ")).toBe(types);
  });

  test("wherever its blocks end", async () => {
    const text = '[{"a":"é\\n","b":-1.5e3,"c":[1,{"d":"]"}]},\n {"a":null,"b":NaN,"c":null}]';
    for (let blockBytes = 1; blockBytes < 30; blockBytes++) {
      const { frame } = await readJsonFile(sourceOf(text, blockBytes), { nested: "json" });
      assertFrame(frame, { a: ["é\n", null], b: [-1500, Number.NaN], c: ['[1,{"d":"]"}]', null] });
    }
  });

  test("lists and objects by the option, as they are written", async () => {
    const text = '{"a": [1, 12345678901234567890],"b": {"c" : 1.0}}\n{"b":null}';
    const frame = await read(text, { nested: "json" });
    assertFrame(frame, { a: ["[1, 12345678901234567890]", null], b: ['{"c" : 1.0}', null] });
  });

  test("as the schema says", async () => {
    const schema = {
      day: "date",
      at: "instant",
      local: "datetime",
      id: "bigint",
      n: "number",
      t: "string",
      none: "integer",
    } as const;
    const text =
      '{"day":"2024-02-29","at":"2024-02-29T12:00:00.000001+02:00","local":"2024-02-29 12:00:00","id":"12","n":9007199254740993,"t":1.50}';
    const told: CsvReport[] = [];
    const frame = await read(text, { schema, report: (report) => told.push(report) });
    const [row] = frame.rows();
    expect(row).toMatchObject({
      day: "2024-02-29",
      local: "2024-02-29T12:00:00",
      id: 12n,
      n: 9007199254740992,
      t: "1.50",
      none: null,
    });
    expect(told[0]?.notes).toEqual(['column "n": 1 number rounded to the nearest 64-bit float']);
  });

  test("packed by gzip, and as UTF-16, which is told", async () => {
    const notes: string[] = [];
    const report = (each: CsvReport) => notes.push(...each.notes);
    expect((await read(gzipSync('{"a":1}'), { report })).numRows).toBe(1);
    const wide = Buffer.from('\uFEFF{"a":"é"}', "utf16le");
    expect((await read(wide, { report })).rows()).toEqual([{ a: "é" }]);
    expect(notes).toEqual(["the file: unpacked by gzip", "the file: read as utf-16le"]);
  });

  test.each([["[]"], [""], ["\n"]])("no rows with a schema: %j", async (text) => {
    const frame = await read(text, { schema: { a: "bigint" } });
    expect([frame.schema, frame.numRows]).toEqual([[{ name: "a", type: "bigint" }], 0]);
  });
});

describe("what is refused is told with line and column:", () => {
  test.each([
    [
      "a number among texts",
      '{"a":"x"}\n{"a":1}',
      /column "a", row 2, line 2, column 6 of x.json, to be a text like those before it, got a whole number, 1 \(a column holds one type; schema: \{ "a": "string" \}/,
    ],
    [
      "a key twice",
      '{"a":1,"a":2}',
      /column "a", row 1, line 1, column 12 of x.json, to be another key than those before it, got "a" again/,
    ],
    [
      "a list",
      '{"a":1}\n{"a":[1]}',
      /column "a", row 2, line 2, column 6 .* got \[1\] \(nested: "json" reads it as JSON text\)/,
    ],
    [
      "a decimal that no float keeps",
      '{"a":0.12345678901234567890123}',
      /got 0.12345678901234567890123 \(schema: \{ "a": "number" \}/,
    ],
    [
      "a whole number beyond 64 bits",
      '{"a":9223372036854775808}',
      /a number that a 64-bit float or a whole number of 64 bits keeps, got 9223372036854775808/,
    ],
    [
      "a row that ends early",
      '{"a":1}\n{"a":',
      /line 2, column 6 of x.json to be a value, got the end of the file/,
    ],
    [
      "an array that ends early",
      '[{"a":1}',
      /line 1, column 9 .* "," or "\]" after a row, got the end of the file/,
    ],
    ["something after an array", '[{"a":1}] x', /nothing after the "\]" of the rows, got "x"/],
    ["a comma too many", '[{"a":1},]', /line 1, column 10 .* a row, an object in braces, got "\]"/],
    ["a number as no JSON has it", '{"a":01}', /line 1, column 6 .* a number as JSON has it/],
    ["a word", '{"a":None}', /line 1, column 6 .* to be a value, got "None\}"/],
    ["a line end in a text", '{"a":"x\ny"}', /line 1, column 8 .* without line ends/],
    ["a lone surrogate", '{"a":"\\ud800"}', /a text without lone surrogates/],
    ["a wrong escape", '{"a":"\\x"}', /the escapes of JSON/],
    [
      "pandas' orient split",
      '{"columns":["a"],"index":[0],"data":[[1]]}',
      /to_json\(orient="records"\)/,
    ],
    [
      "pandas' orient columns",
      '{"a":{"0":1}}',
      /nested: "json" reads it as JSON text; of pandas write it with to_json\(orient="records"\)/,
    ],
    [
      "pandas' orient values",
      "[[1,2]]",
      /line 1, column 2 .* an object in braces, got "\[1,2\]\]" \(of pandas/,
    ],
    ["a CSV", "a,b\n1,2\n", /line 1, column 1 of x.json to be a row/],
    [
      "no rows without a schema",
      "[]",
      /at least one row with a key, got 0 empty rows \(give a schema/,
    ],
    [
      "no UTF-8",
      Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d]),
      /line 1, column 7 of x.json to be text in UTF-8, got the byte e9/,
    ],
  ])("%s", async (_, text, message) => {
    const error: unknown = await read(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });

  test("a split frame of pandas even where lists are taken", async () => {
    const text = '{"columns":["a"],"index":[0],"data":[[1]]}';
    await expect(read(text, { nested: "json" })).rejects.toThrow('to_json(orient="records")');
  });

  test("a value that is not of the schema's type, and a key that it has not", async () => {
    const schema = { a: "integer" } as const;
    await expect(read('{"a":1.5}', { schema })).rejects.toThrow(
      "of type integer, as the schema says, got 1.5",
    );
    await expect(read('{"b":1}', { schema })).rejects.toThrow('a key of the schema: a, got "b"');
  });

  test("a path where nothing is", async () => {
    await expect(readJson("/nowhere.json")).rejects.toThrow(
      "Expected a JSON file at /nowhere.json",
    );
  });
});

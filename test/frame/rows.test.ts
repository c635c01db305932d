import { describe, expect, test } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { parseSchema } from "../../src/frame/schema.ts";
import { toFrame } from "../../src/frame/to-frame.ts";
import { assertFrame } from "./assert-frame.ts";

describe("frame", () => {
  test("finds the type of each column from all its values", () => {
    const at = new Date(0);
    const { schema } = frame([
      { whole: 1, real: 1, zero: -0, big: 1n, yes: true, at, text: "2020-01-01", none: null },
      { whole: 2, real: 0.5, zero: 0, big: 2n, yes: false, at, text: "x", none: undefined },
    ]);
    expect(schema.map(({ type }) => type)).toEqual([
      "integer",
      "number",
      "number",
      "bigint",
      "boolean",
      "instant",
      "string",
      "string",
    ]);
  });

  test("takes a column that a row leaves out as missing there", () => {
    const rows: { a?: number; b?: string }[] = [{ a: 1 }, { b: "x" }];
    assertFrame(frame(rows), { a: [1, null], b: [null, "x"] });
  });

  test.each<[string, readonly object[], RegExp]>([
    ["mixed types", [{ a: 1 }, { a: "x" }], /column "a", row 2 .* type number .* got "x"/],
    ["an invalid Date", [{ a: new Date(Number.NaN) }], /row 1 .* got an invalid Date/],
    ["a lone surrogate", [{ a: "\uD800" }], /without lone surrogates/],
    ["a bigint beyond 64 bits", [{ a: 2n ** 63n }], /bigint of 64 bits/],
    ["an object", [{ a: {} }], /got an object/],
    ["an empty column name", [{ "": 1 }], /an empty name/],
    ["no rows at all", [], /at least one row/],
  ])("refuses %s", (_, rows, message) => {
    expect(() => frame(rows)).toThrow(message);
  });

  test.each([
    ["integer", 2 ** 53],
    ["integer", 1.5],
    ["date", "2021-02-29"],
    ["date", "2021-2-3"],
    ["datetime", "2021-02-03 10:00:00"],
    ["datetime", "2021-02-03T24:00:00"],
    ["instant", "2021-02-03T10:00:00Z"],
    ["boolean", 1],
  ] as const)("refuses as %s the value %s", (type, value) => {
    const expected = { code: "HEX_FRAME_INVALID", message: expect.stringContaining("row 1") };
    expect(() => frame([{ a: value }], { a: type })).toThrow(expect.objectContaining(expected));
  });

  test("refuses a column that the schema does not have", () => {
    expect(() => frame([{ a: 1, b: 2 }], { a: "integer" })).toThrow(/a column "b"/);
  });

  test("says how a schema is handed over that comes within options", () => {
    const options: object = { schema: { a: "integer" } };
    expect(() => Reflect.apply(frame, undefined, [[{ a: 1 }], options])).toThrow(
      expect.objectContaining({
        code: "HEX_DATA_INVALID",
        message:
          'Expected the schema of frame(rows, schema) to be types by the names of columns, got an object with a schema in it (hand the schema over directly, as in frame(rows, { city: "string" }))',
      }),
    );
    assertFrame(frame([{ schema: "x" }], { schema: "string" }), { schema: ["x"] });
  });

  test("has no rows when a schema comes without any", () => {
    assertFrame(frame([], { a: "date" }), { a: [] });
  });
});

describe("parseSchema", () => {
  test.each([
    ["a type of a newer version", [{ name: "a", type: "decimal" }], /newer version/],
    [
      "a name twice",
      [
        { name: "a", type: "date" },
        { name: "a", type: "date" },
      ],
      /"a" twice/,
    ],
    ["no columns", [], /at least one column/],
    ["something else", { a: "date" }, /a list/],
  ])("refuses %s", (_, value, message) => {
    expect(() => parseSchema(value)).toThrow(message);
  });
});

describe("toFrame", () => {
  test("takes frames and plain rows, and nothing else", () => {
    const rows = [{ a: 1 }];
    expect(toFrame(rows)?.rows()).toEqual(rows);
    expect(toFrame(frame(rows))?.rows()).toEqual(rows);
    for (const other of [[], [1], "x", null, { a: 1 }, [new Date()], [[1]]]) {
      expect(toFrame(other)).toBeUndefined();
    }
  });

  test("converts to a schema what can be kept", () => {
    const rows = [{ day: "2020-02-29", whole: 2, big: 3, none: null, at: "2020-01-01T00:00:00Z" }];
    const schema = { at: "instant", day: "date", whole: "number", big: "bigint", none: "boolean" };
    const fitted = toFrame(
      rows,
      parseSchema(Object.entries(schema).map(([name, type]) => ({ name, type }))),
    );
    assertFrame(fitted ?? frame([]), {
      at: [new Date("2020-01-01T00:00:00Z")],
      day: ["2020-02-29"],
      whole: [2],
      big: [3n],
      none: [null],
    });
  });

  test("says which value does not fit a schema", () => {
    const rows = [{ a: 1 }, { a: 1.5 }];
    expect(() => toFrame(rows, { a: "integer" })).toThrow(/column "a", row 2 .* got 1.5/);
    expect(() => toFrame(rows, { b: "integer" })).toThrow(/of the columns b, got a/);
  });
});

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InputValue } from "../../src/cell/input-value.ts";
import { encodeKey, toVariantName } from "../../src/cell/key-encoding.ts";
import { isFrameName } from "../../src/store/key.ts";

const CASES = Number(process.env["HEX_TEST_CASES"] ?? 2_000);
const TIMEOUT_MS = 180_000 + CASES;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("the key of inputs", () => {
  it("is JSON with sorted names", () => {
    const values: Record<string, InputValue> = {
      year: 2024,
      region: "EU",
      days: { start: "2024-01-01", end: "2024-12-31" },
      isNew: true,
      tags: ["a", 1],
      choice: null,
    };
    expect(encodeKey(values)).toBe(
      '{"choice":null,"days":{"end":"2024-12-31","start":"2024-01-01"},"isNew":true,' +
        '"region":"EU","tags":["a",1],"year":2024}',
    );
    expect(encodeKey({})).toBe("{}");
  });

  it.each([
    ["another order of names", { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }],
    ["0 and -0", { a: 0 }, { a: -0 }],
    ["1 and 1.0 and 1e0", { a: [1, 1] }, { a: [1.0, 1] }],
    ["NaN and NaN", { a: Number.NaN }, { a: 0 / 0 }],
    ["undefined and no such name", { a: undefined }, {}],
    ["objects without a prototype", { a: 1 }, Object.assign(Object.create(null), { a: 1 })],
  ])("is the same for %s", (_, a, b) => {
    expect(encodeKey(a)).toBe(encodeKey(b));
  });

  it("differs for all that differs", () => {
    const texts = ["", "1", "0", "null", "undefined", "NaN", "true", "[]", "{}", "a", "A", " a"];
    const odd = ["\u00e9", "e\u0301", "\u{1f600}", "\0", "\\u0000", '"', '\\"', '","b":"', "2024"];
    const numbers = [0, 1, -1, 0.1, 0.30000000000000004, 0.3, 2 ** 53, 2 ** 53 + 2, 5e-324];
    const limits = [Number.NaN, Infinity, -Infinity, Number.MAX_VALUE];
    const days = ["2024-01-01", "2024-1-1", "2024-01-01T00:00:00Z", { start: "2024-01-01" }];
    const lists = [[], [[]], [null], [undefined], [1, 2], [2, 1], ["1,2"], ["1", "2"], [[1], 2]];
    const objects = [{}, { a: null }, { a: {} }, { a: 1, b: 2 }, { "a:1,b": 2 }, { ab: 12 }];
    const plain = [null, true, false];
    const values = [texts, odd, numbers, limits, days, lists, objects, plain].flat(1);
    const inputs = [{}, { b: null }, ...values.map((a) => ({ a }))];
    expect(new Set(inputs.map(encodeKey)).size).toBe(inputs.length);
  });

  it("keeps a name such as __proto__ that JSON brought", () => {
    expect(encodeKey(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  it.each([
    ["half a surrogate pair", { a: "\ud83d" }, "`a` in the inputs to be Unicode text"],
    ["the other half", { a: ["x", "\ude00y"] }, "`a.1` in the inputs to be Unicode text"],
    ["such a name", { "\ud83d": 1 }, "each name in the inputs to be Unicode text"],
    ["a Date", { a: new Date(0) }, "`a` in the inputs to be plain data, got an object of a class"],
    ["a Map", { a: { b: new Map() } }, "`a.b` in the inputs to be plain data"],
    ["a bigint", { a: 1n }, "`a` in the inputs to be plain data, got bigint"],
    ["a function", { a: () => 1 }, "`a` in the inputs to be plain data, got function"],
    ["a symbol", { a: Symbol("a") }, "`a` in the inputs to be plain data, got symbol"],
    ["a loop", { a: loop() }, "`a` in the inputs to be at most 20 levels deep"],
  ])("refuses %s", (_, values, message) => {
    const failure = { code: "HEX_INPUT_INVALID", message: expect.stringContaining(message) };
    expect(() => encodeKey(values)).toThrow(expect.objectContaining(failure));
  });

  it(`is the same exactly when the inputs are: ${CASES} pairs`, { timeout: TIMEOUT_MS }, () => {
    let different = 0;
    fc.assert(
      fc.property(pairs(), ([a, b]) => {
        const isEqual = isSame(a, b);
        if (!isEqual) different += 1;
        return (encodeKey(a) === encodeKey(b)) === isEqual;
      }),
      { numRuns: CASES },
    );
    expect(different).toBeGreaterThan(CASES * 0.7);
  });

  it(`is the same in any order of names: ${CASES} inputs`, { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(inputs(), (values) => {
        expect(encodeKey(reversed(values))).toBe(encodeKey(values));
      }),
      { numRuns: CASES },
    );
  });
});

describe("the name of a variant", () => {
  it.each([
    [{ region: "EU" }, "region-EU"],
    [{ year: 2024, region: "EU" }, "region-EU_year-2024"],
    [{ x: -1.5 }, "x--1-5"],
    [{ tags: ["a", "b"] }, "tags--a_b-"],
    [{ city: "Zürich" }, "city-Z-rich"],
    [{ text: "../../etc/passwd and more of it" }, "text--etc-passwd-and-more-o"],
    [{ con: "" }, "con-"],
    [{}, "none"],
  ])("of %j begins with %s", (values, readable) => {
    const encoded = encodeKey(values);
    expect(toVariantName(encoded, sha256)).toBe(`${readable}.${sha256(encoded).slice(0, 32)}`);
  });

  it("refuses a hash that is too short to tell keys apart", () => {
    expect(() => toVariantName("{}", () => "1a2b3c4d5e6f7081")).toThrow("too short");
  });

  it(`fits in a store and differs when the inputs do: ${CASES} pairs`, {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(pairs(), ([a, b]) => {
        const [first, second] = [nameOf(a), nameOf(b)];
        const fits = first.length <= 60 && isFrameName(first) && isFrameName(`a/${first}/b`);
        return fits && (first === second) === isSame(a, b);
      }),
      { numRuns: CASES },
    );
  });

  it("is a frame's name whatever text it is made of", { timeout: TIMEOUT_MS }, () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("con", "nul.", ".", ""));
    fc.assert(
      fc.property(texts, (text) => isFrameName(toVariantName(text, sha256))),
      { numRuns: CASES },
    );
  });
});

type Values = Record<string, unknown>;

function nameOf(values: Values): string {
  return toVariantName(encodeKey(values), sha256);
}

/** Few names and values, so that inputs often differ only a little, beside arbitrary ones. */
function inputs(): fc.Arbitrary<Values> {
  return fc.dictionary(inputName(), inputValue(), { maxKeys: 4 });
}

function inputName(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom("a", "b", "ab", "a:1", "con", "__proto__", ""),
    fc.string({ unit: "binary", maxLength: 5 }),
  );
}

function inputValue(): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom<unknown>(null, undefined, true, false, 0, -0, 1, "1", "", "0", "null"),
      fc.constantFrom<unknown>(Number.NaN, Infinity, -Infinity, "NaN", "\u00e9", "e\u0301", '","'),
      fc.double(),
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(inputName(), tie("value"), { maxKeys: 3 }),
    ),
  })).value;
}

/** Two inputs: unrelated ones, equal ones, or ones that differ in one value. */
function pairs(): fc.Arbitrary<readonly [Values, Values]> {
  const changed = fc
    .tuple(inputs(), fc.constantFrom("a", "b", "ab"), inputValue())
    .map(([first, name, value]) => [first, { ...reversed(first), [name]: value }] as const);
  const equal = inputs().map((values) => [values, reversed(values)] as const);
  return fc.oneof(
    { arbitrary: fc.tuple(inputs(), inputs()), weight: 4 },
    { arbitrary: changed, weight: 4 },
    { arbitrary: equal, weight: 1 },
  );
}

function reversed(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values)
      .reverse()
      .map(([name, value]) => [name, isRecord(value) ? reversed(value) : value]),
  );
}

/** The rule of sameness, told a second time. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => isSame(each, b[index]));
  }
  if (isRecord(a) && isRecord(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].every((name) => isSame(own(a, name), own(b, name)));
  }
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function own(values: Values, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function loop(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

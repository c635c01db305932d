import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/frame/frame.ts";
import { headRows } from "../../src/frame/json.ts";
import { type RowsQuery, toTableRows } from "../../src/frame/rows/table-rows.ts";
import { frame } from "../../src/frame/rows.ts";
import type { ColumnType, Value } from "../../src/frame/schema.ts";

/** Values of each type of column, with those that are hard to order. */
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<Value>>> = {
  string: fc.oneof(
    fc.constantFrom("a", "A", "b", "", "ab", "Ab", "é", "É", "z\u0000", "z"),
    fc.string({ maxLength: 8 }),
    fc.stringMatching(/^item-0{0,3}[0-9]{1,3}$/),
  ),
  number: fc.oneof(
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1),
    fc.double(),
  ),
  integer: fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.maxSafeInteger().filter((n) => !Object.is(n, -0)),
  ),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  boolean: fc.boolean(),
  date: fc.constantFrom("1969-12-31", "1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"),
  datetime: fc.constantFrom(
    "2024-02-29T12:30:00",
    "1969-12-31T23:59:59.999",
    "2024-02-29T12:30:00.001",
  ),
  instant: fc.date({
    noInvalidDate: true,
    min: new Date("0001-01-01"),
    max: new Date("9999-12-31"),
  }),
};

interface Numbered {
  readonly at: number;
  readonly value: Value;
}

/** A column of a type, some of it missing, perhaps seen through a filter or an order. */
function arbitraryColumn(type: ColumnType) {
  const value = fc.option(VALUES[type], { nil: null, freq: 6 });
  const few = fc.array(value, { maxLength: 40 });
  const many = fc.array(value, { minLength: 4_200, maxLength: 4_300 });
  const values = fc.oneof({ arbitrary: few, weight: 6 }, { arbitrary: many, weight: 1 });
  return fc.tuple(values, fc.constantFrom("whole", "filtered", "ordered", "both"));
}

function look(rows: readonly Numbered[], type: ColumnType, seen: string): Frame {
  const whole: Frame = frame(rows, { at: "integer", value: type }) as unknown as Frame;
  const filtered =
    seen === "filtered" || seen === "both"
      ? whole.filter((row) => Number(row["at"]) % 3 > 0)
      : whole;
  return seen === "ordered" || seen === "both" ? filtered.orderby({ descending: "at" }) : filtered;
}

function wished(table: Frame, wish: RowsQuery): number[] {
  const rows = toTableRows(table, wish);
  const taken = rows.slice(0, rows.numRows).column("at");
  expect(taken).toHaveLength(rows.numRows);
  return taken.map(Number);
}

function naiveOrder(rows: readonly Numbered[], descending: boolean): number[] {
  const inOrder = (a: Numbered, b: Numbered) => {
    if (a.value === null || b.value === null)
      return Number(a.value === null) - Number(b.value === null);
    const order = compareValues(a.value, b.value);
    return descending ? -order : order;
  };
  return rows.toSorted(inOrder).map(({ at }) => at);
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") {
    return compareBytes(a.toLowerCase(), b.toLowerCase()) || compareBytes(a, b);
  }
  const [isNan, isOtherNan] = [Number.isNaN(a), Number.isNaN(b)];
  if (isNan || isOtherNan) return Number(isNan) - Number(isOtherNan);
  return compare(toNumber(a), toNumber(b));
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function compare<Ordered extends number | bigint>(a: Ordered, b: Ordered): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toNumber(value: Value): number | bigint {
  return typeof value === "bigint" ? value : Number(value);
}

const TYPES = Object.keys(VALUES) as ColumnType[];

describe.each(TYPES)("a column of type %s", (type) => {
  it("is ordered as one would by hand, equal rows in their order, missing ones last", () => {
    const cases = fc.tuple(arbitraryColumn(type), fc.boolean());
    fc.assert(
      fc.property(cases, ([[values, seen], descending]) => {
        const table = look(
          values.map((value, at) => ({ at, value })),
          type,
          seen,
        );
        const rows = table.rows() as unknown as Numbered[];
        const wish = { sort: { column: "value", descending } };
        expect(wished(table, wish)).toEqual(naiveOrder(rows, descending));
      }),
      { numRuns: 40 },
    );
  });

  it("keeps the rows that are missing, or those that are not", () => {
    fc.assert(
      fc.property(arbitraryColumn(type), ([values, seen]) => {
        const table = look(
          values.map((value, at) => ({ at, value })),
          type,
          seen,
        );
        const rows = table.rows() as unknown as Numbered[];
        const at = (isMissing: boolean) =>
          rows.filter(({ value }) => (value === null) === isMissing).map((row) => row.at);
        expect(wished(table, { filters: [{ column: "value", test: "missing" }] })).toEqual(
          at(true),
        );
        expect(wished(table, { filters: [{ column: "value", test: "present" }] })).toEqual(
          at(false),
        );
      }),
      { numRuns: 20 },
    );
  });

  it("compares with a value as it is shown", () => {
    const cases = fc.tuple(arbitraryColumn(type), VALUES[type]);
    fc.assert(
      fc.property(cases, ([[values, seen], bound]) => {
        const table = look(
          values.map((value, at) => ({ at, value })),
          type,
          seen,
        );
        const rows = table.rows() as unknown as Numbered[];
        const value = shown(bound, type);
        for (const test of ["equals", "at-least", "at-most"] as const) {
          const passing = rows.filter((row) => passes(row.value, bound, test)).map(({ at }) => at);
          expect(wished(table, { filters: [{ column: "value", test, value }] })).toEqual(passing);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("contains a part of what is shown, in small letters or large ones", () => {
    const cases = fc.tuple(arbitraryColumn(type), VALUES[type], fc.nat(4), fc.nat(4));
    fc.assert(
      fc.property(cases, ([[values, seen], one, from, length]) => {
        const table = look(
          values.map((value, at) => ({ at, value })),
          type,
          seen,
        );
        const rows = table.rows() as unknown as Numbered[];
        const value = shown(one, type)
          .slice(from, from + length)
          .toUpperCase();
        const passing = rows
          .filter((row) => row.value !== null)
          .filter((row) => shown(row.value, type).toLowerCase().includes(value.toLowerCase()))
          .map(({ at }) => at);
        const filters = [{ column: "value", test: "contains", value } as const];
        expect(wished(table, { filters })).toEqual(passing);
      }),
      { numRuns: 40 },
    );
  });
});

function shown(value: Value, type: ColumnType): string {
  const [row] = headRows(frame([{ value }], { value: type }) as unknown as Frame, 1);
  return String(row?.["value"]);
}

function passes(value: Value, bound: Value, test: "equals" | "at-least" | "at-most"): boolean {
  if (value === null || Number.isNaN(value) || Number.isNaN(bound)) {
    return test === "equals" && Number.isNaN(value) && Number.isNaN(bound);
  }
  const fold = (each: Value) => (typeof each === "string" ? each.toLowerCase() : each);
  const order = compareValues(fold(value), fold(bound));
  return test === "equals" ? order === 0 : test === "at-least" ? order >= 0 : order <= 0;
}

const people = frame(
  [
    { name: "Ada", age: 36, born: "1815-12-10", seen: new Date("2024-05-01T10:30:15.250Z") },
    { name: "Bob", age: null, born: "1990-01-01", seen: new Date("2024-05-02T00:00:00Z") },
    { name: "Ann", age: 20, born: null, seen: null },
  ],
  { name: "string", age: "integer", born: "date", seen: "instant" },
) as unknown as Frame;

function names(wish: RowsQuery): unknown[] {
  const rows = toTableRows(people, wish);
  return rows.slice(0, rows.numRows).column("name");
}

describe("rows of a table", () => {
  it("pass all filters", () => {
    const filters = [
      { column: "name", test: "contains", value: "a" },
      { column: "age", test: "at-most", value: "30.5" },
    ] as const;
    expect(names({ filters })).toEqual(["Ann"]);
  });

  it("are found by a day that stands for all its moments", () => {
    const on = (test: "equals" | "at-least" | "at-most", value: string) =>
      names({ filters: [{ column: "seen", test, value }] });
    expect(on("equals", "2024-05-01")).toEqual(["Ada"]);
    expect(on("at-most", "2024-05-01")).toEqual(["Ada"]);
    expect(on("at-least", "2024-05-02")).toEqual(["Bob"]);
    expect(on("equals", " 2024-05-01 10:30 ")).toEqual(["Ada"]);
    expect(on("equals", "2024-05-01T12:30:15.250+02:00")).toEqual(["Ada"]);
    expect(on("equals", "2024-05-01T12:30:15.250Z")).toEqual([]);
  });

  it("are sliced without the others", () => {
    const rows = toTableRows(people, { sort: { column: "name", descending: true } });
    expect(rows.slice(1, 2).column("name")).toEqual(["Ann"]);
    expect(rows.slice(5, 9).numRows).toBe(0);
  });

  it.each([
    ["age", "at-least", "many", 'on column "age" to be a number, got "many"'],
    ["age", "equals", "constructor", 'on column "age" to be a number, got "constructor"'],
    ["born", "equals", "2024-02-30", 'on column "born" to be a day YYYY-MM-DD, got "2024-02-30"'],
    ["seen", "at-most", "noon", "to be a day YYYY-MM-DD or a time"],
    ["seen", "at-most", "2024-05-01T25:00Z", "to be a day YYYY-MM-DD or a time"],
    ["name", "equals", undefined, 'with a value of at most 10000 characters, got "none"'],
    ["__proto__", "missing", undefined, "one of name, age, born, seen"],
  ] as const)("are refused for a filter on %s that is %s %s", (column, test, value, message) => {
    expect(() => toTableRows(people, { filters: [{ column, test, value }] })).toThrow(
      expect.objectContaining({
        code: "HEX_INPUT_INVALID",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("are refused in the order of a column that is not there", () => {
    const sort = { column: "height", descending: false };
    expect(() => toTableRows(people, { sort })).toThrow(
      'one of name, age, born, seen, got "height"',
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toDate } from "../../src/frame/column/moment.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { desc } from "../../src/frame/frame.ts";
import { frameFromRows } from "../../src/frame/rows.ts";
import type { ColumnType, Value } from "../../src/frame/schema.ts";
import {
  count,
  distinctCount,
  max,
  mean,
  median,
  min,
  stdev,
  sum,
} from "../../src/frame/verb/aggregate.ts";
import {
  groupPlainly,
  joinPlainly,
  keyOf,
  leastOf,
  meanOf,
  medianOf,
  type PlainRow,
  present,
  sortPlainly,
  stdevOf,
  sumOf,
} from "./verb-truth.ts";

/** Values of each type of column: a few that repeat, and those that are hard to tell apart. */
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<Value>>> = {
  string: fc.oneof(
    fc.constantFrom("", "a", "A", "a\0", "ab", "é", "\uffff", "😀", "b".repeat(60)),
    fc.stringMatching(/^a common beginning [0-9]{1,2}$/),
  ),
  number: fc.oneof(
    fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1e308, 1.7e308, 3, 0.1, 2 ** 40),
    fc.integer({ min: -3, max: 3 }),
    fc.double(),
  ),
  integer: fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer(),
    fc.integer({ min: -(2 ** 48), max: 2 ** 48 }).map((n) => n + 0),
  ),
  bigint: fc.oneof(
    fc.bigInt({ min: -3n, max: 3n }),
    fc.bigInt({ min: -(2n ** 40n), max: 2n ** 55n }),
  ),
  boolean: fc.boolean(),
  date: fc.constantFrom("1969-12-31", "1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"),
  datetime: fc.constantFrom(
    "2024-02-29T12:30:00",
    "1969-12-31T23:59:59.999",
    "0001-01-01T00:00:00",
    "2024-02-29T12:30:00.001",
  ),
  instant: fc.integer({ min: -3, max: 3 }).map((days) => new Date(days * 86_400_000)),
};

/** With microseconds, which columns keep in another unit. */
const FINE: Readonly<Partial<Record<ColumnType, fc.Arbitrary<Value>>>> = {
  datetime: fc.oneof(VALUES.datetime, fc.constant("2024-02-29T12:30:00.001002")),
  instant: fc.oneof(
    VALUES.instant,
    fc.integer({ min: -2, max: 2 }).map((micros) => toDate(-1, micros + 500)),
  ),
};

const TYPES = Object.keys(VALUES) as ColumnType[];

function toValue(type: ColumnType, isFine: boolean): fc.Arbitrary<Value> {
  const value = (isFine ? FINE[type] : undefined) ?? VALUES[type];
  return fc.option(value, { nil: null, freq: 6 });
}

interface Sample {
  readonly frame: Frame;
  readonly rows: readonly PlainRow[];
}

/** Rows of some columns, perhaps more of them than are worth comparing one by one, perhaps with one kept of three. */
function sampleOf(columns: Readonly<Record<string, ColumnType>>): fc.Arbitrary<Sample> {
  const row = (isFine: boolean) =>
    fc.record(
      Object.fromEntries(
        Object.entries(columns).map(([name, type]) => [name, toValue(type, isFine)]),
      ),
    );
  const sized = (isFine: boolean) =>
    fc.oneof(
      { arbitrary: fc.array(row(isFine), { maxLength: 30 }), weight: 6 },
      { arbitrary: fc.array(row(isFine), { minLength: 100, maxLength: 150 }), weight: 1 },
    );
  const look = fc.constantFrom("whole", "filtered", "ordered", "both");
  return fc
    .tuple(fc.boolean().chain(sized), look)
    .map(([rows, seen]) => seenAs(rows, columns, seen));
}

function seenAs(
  rows: readonly PlainRow[],
  columns: Readonly<Record<string, ColumnType>>,
  seen: string,
): Sample {
  const schema = Object.entries({ ...columns, at: "integer" as const });
  const numbered = rows.map((row, at) => ({ ...row, at }));
  let frame = frameFromRows(
    numbered,
    schema.map(([name, type]) => ({ name, type })),
  );
  let plain: PlainRow[] = numbered;
  if (seen === "filtered" || seen === "both") {
    frame = frame.filter((row) => Number(row["at"]) % 3 > 0);
    plain = plain.filter(({ at }) => Number(at) % 3 > 0);
  }
  if (seen === "ordered" || seen === "both") {
    frame = frame.orderby(desc("at"));
    plain = plain.toReversed();
  }
  return { frame, rows: plain };
}

const numbersIn = (rows: readonly PlainRow[], name: string) => present(rows, name).map(Number);

describe("groups, for keys of every type", () => {
  test.each(TYPES)("of %s are the ones that values tell apart one by one", (type) => {
    const columns = { key: type, other: "string", v: "number", w: "integer" } as const;
    const names = fc.subarray(["key", "other"], { minLength: 1 });
    fc.assert(
      fc.property(sampleOf(columns), names, ({ frame, rows }, keys) => {
        const groups = groupPlainly(rows, keys);
        const rolled = frame.groupby(...keys).rollup({
          rows: count(),
          known: count("v"),
          whole: sum("w"),
          sum: sum("v"),
          mean: mean("v"),
          middle: median("v"),
          spread: stdev("v"),
        });
        const expected = groups.map((group) => {
          const numbers = numbersIn(group, "v");
          return {
            ...Object.fromEntries(keys.map((key) => [key, group[0]?.[key] ?? null])),
            rows: group.length,
            known: numbers.length,
            whole: sumOf(numbersIn(group, "w")),
            sum: sumOf(numbers),
            mean: meanOf(numbers),
            middle: medianOf(numbers),
            spread: stdevOf(numbers),
          };
        });
        expect(rolled.rows()).toEqual(expected);
        expect(frame.dedupe(...keys).rows()).toEqual(groups.map(([first]) => first));
      }),
    );
  });
});

describe("aggregates of every type", () => {
  test.each(TYPES)("of %s skip what is missing and take the first of equal values", (type) => {
    fc.assert(
      fc.property(sampleOf({ key: "string", v: type }), ({ frame, rows }) => {
        const rolled = frame
          .groupby("key")
          .rollup({ least: min("v"), most: max("v"), different: distinctCount("v") });
        const expected = groupPlainly(rows, ["key"]).map((group) => {
          const values = present(group, "v");
          return {
            key: group[0]?.["key"],
            least: leastOf(values, 1),
            most: leastOf(values, -1),
            different: new Set(values.map(keyOf)).size,
          };
        });
        expect(rolled.rows()).toEqual(expected);
        const seen = new Set(present(rows, "v").map(keyOf));
        expect(frame.distinct("v").map(keyOf)).toEqual([...seen]);
      }),
    );
  });

  test("sum bigints exactly", () => {
    const wide = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n });
    fc.assert(
      fc.property(fc.array(wide, { maxLength: 7 }), (values) => {
        const rows = values.map((v) => ({ v }));
        const all = frameFromRows(rows, [{ name: "v", type: "bigint" }]).rollup({ s: sum("v") });
        const expected = values.reduce((total, value) => total + value, 0n);
        expect(all.at("s", 0)).toBe(values.length === 0 ? null : expected);
      }),
    );
  });
});

describe("joins on keys of every type", () => {
  test.each(TYPES)("on %s pair the rows that values tell to be the same one by one", (type) => {
    const left = sampleOf({ key: type, other: "boolean" });
    const right = sampleOf({ key: type === "integer" ? "number" : type, other: "boolean" });
    const names = fc.subarray(["key", "other"], { minLength: 1 });
    fc.assert(
      fc.property(left, right, names, (one, other, keys) => {
        const added = other.frame.select(...keys, "at").rename({ at: "to" });
        const pairs = joinPlainly(one.rows, other.rows, keys).map(([from, to]) => ({
          ...from,
          to: to?.["at"] ?? null,
        }));
        expect(one.frame.joinLeft(added, ...keys).rows()).toEqual(pairs);
        const whole = pairs.filter(({ to }) => to !== null);
        expect(one.frame.join(added, ...keys).rows()).toEqual(whole);
      }),
    );
  });
});

describe("orders by columns of every type", () => {
  test.each(TYPES)("by %s are stable, with missing values last and NaN above all", (type) => {
    const keys = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(sampleOf({ key: type, other: "string" }), keys, (sample, [down, up, turned]) => {
        const wanted = [
          { name: "key", isDescending: down },
          { name: "other", isDescending: up },
        ];
        if (turned) wanted.reverse();
        const order = wanted.map(({ name, isDescending }) => (isDescending ? desc(name) : name));
        expect(sample.frame.orderby(...order).column("at")).toEqual(
          sortPlainly(sample.rows, wanted).map(({ at }) => at),
        );
      }),
    );
  });
});

describe("more different texts than a dictionary holds", () => {
  const texts = Array.from({ length: 90_000 }, (_, at) =>
    String((at * 7_919) % 70_001).padStart(7, "0"),
  );
  const schema = [
    { name: "at", type: "integer" },
    { name: "text", type: "string" },
  ] as const;
  const rows = texts.map((text, at) => ({ at, text: at % 101 === 0 ? null : text }));
  const long = frameFromRows(rows, schema);

  test("are grouped, joined, ordered and found as few are", () => {
    const groups = groupPlainly(rows, ["text"]);
    const grouped = long.groupby("text").rollup({ first: min("at"), rows: count() });
    expect(grouped.column("text")).toEqual(groups.map(([row]) => row?.["text"]));
    expect(grouped.column("first")).toEqual(groups.map(([row]) => row?.["at"]));
    expect(grouped.column("rows")).toEqual(groups.map(({ length }) => length));
    const toNumber = (text: string | null) => (text === null ? -1 : Number(text));
    const sorted = rows.toSorted((one, other) => toNumber(other.text) - toNumber(one.text));
    expect(long.orderby(desc("text")).column("at")).toEqual(sorted.map(({ at }) => at));
    const few = frameFromRows([{ text: "0000005" }, { text: "0070000" }, { text: "none" }]);
    const isWanted = (text: unknown) => text === "0000005" || text === "0070000";
    const wanted = rows.filter(({ text }) => isWanted(text));
    expect(long.join(few, "text").column("at")).toEqual(wanted.map(({ at }) => at));
    const found = long.filter((row) => isWanted(row["text"]));
    expect(found.column("at")).toEqual(wanted.map(({ at }) => at));
  });
});

test("texts without a dictionary are the same, one after the other and each alone", () => {
  const part = fc.oneof(
    fc.constantFrom("é", "😀", "\uFEFF", "", "plain", "€uro", "x".repeat(9_000)),
    fc.string({ unit: "grapheme" }),
  );
  const texts = fc.array(fc.option(part, { nil: null, freq: 9 }), {
    minLength: 300,
    maxLength: 700,
  });
  fc.assert(
    fc.property(texts, (parts) => {
      const rows = parts.map((text, at) => ({ at, text: text === null ? null : `${text}${at}` }));
      const long = frameFromRows(rows, [
        { name: "at", type: "integer" },
        { name: "text", type: "string" },
      ]);
      const read: unknown[] = [];
      long.filter((row) => read.push(row["text"] ?? null) > 0);
      expect(read).toEqual(rows.map(({ text }) => text));
      expect(long.orderby(desc("at")).column("text")).toEqual(read.toReversed());
    }),
    { numRuns: 20 },
  );
});

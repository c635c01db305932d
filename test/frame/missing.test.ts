/** Missing, NaN and infinity mean one thing at every door: the table in docs/cells.md, line by line. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryFrames } from "../../src/frame/duckdb/sql.ts";
import { desc, type Frame } from "../../src/frame/frame.ts";
import { frameToJson } from "../../src/frame/json.ts";
import { toTableRows } from "../../src/frame/rows/table-rows.ts";
import { frame } from "../../src/frame/rows.ts";
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
import { passingRows } from "../../src/page/browser/output/table/row-rules.ts";

const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number;

function numbers(...values: (number | null)[]) {
  return frame(
    values.map((v, at) => ({ at, v })),
    { at: "integer", v: "number" },
  );
}

describe("a missing value in a function of rows", () => {
  const some = frame([
    { v: 1, w: "a", n: 1n, d: "2024-01-01", b: true },
    { v: null, w: null, n: null, d: null, b: null },
    { v: 3, w: "b", n: 3n, d: "2024-01-03", b: false },
  ]);

  test("is undefined", () => {
    const seen: unknown[] = [];
    some.filter((row) => seen.push(row.v, row.w, row.n, row.d, row.b) > 0);
    expect(seen.slice(5, 10)).toEqual(Array.from({ length: 5 }, () => undefined));
    expect(some.filter((row) => row.v === undefined).numRows).toBe(1);
  });

  test("is null in rows, columns and single values", () => {
    expect(some.rows()[1]).toEqual({ v: null, w: null, n: null, d: null, b: null });
    expect(some.column("v")).toEqual([1, null, 3]);
    expect(some.at("v", 1)).toBe(null);
  });

  test("passes no comparison of order and is equal to nothing", () => {
    const kept = (keep: (v: number) => boolean) =>
      some.filter(({ v }) => keep(v as number)).column("v");
    expect(kept((v) => v < 2)).toEqual([1]);
    expect(kept((v) => v <= 9)).toEqual([1, 3]);
    expect(kept((v) => v > -1)).toEqual([1, 3]);
    expect(kept((v) => v >= 0)).toEqual([1, 3]);
    expect(kept((v) => v === 0)).toEqual([]);
  });

  test("gives missing where it is computed with", () => {
    const made = some.derive({
      sum: ({ v }) => (v as number) + 1,
      product: ({ v }) => (v as number) * 2,
      rounded: ({ v }) => Math.round(v as number),
      number: ({ v }) => Number(v),
      most: ({ v }) => Math.max(v as number, 2),
      day: ({ d }) => new Date(d as string),
      itself: ({ w }) => w,
    });
    for (const name of made.columnNames.slice(5)) expect(made.at(name as "sum", 1)).toBe(null);
    expect(made.column("sum")).toEqual([2, null, 4]);
    expect(made.schema[5]).toEqual({ name: "sum", type: "integer" });
  });

  test("leaves a NaN that was not made of it", () => {
    const made = numbers(0, null, nan).derive({ ratio: ({ v }) => (v as number) / 0 });
    expect(made.column("ratio")).toEqual([nan, null, nan]);
  });

  test.each<[string, (row: { v?: number; w?: string }) => string, string]>([
    ["its own word", ({ w }) => `x${w}`, '"xundefined"'],
    ["a NaN", ({ v }) => `${(v as number) * 2} kg`, '"NaN kg"'],
    ["a day", ({ v }) => `on ${new Date(v as number)}`, '"on Invalid Date"'],
  ])("is refused where a text would be made of it: %s", (_, compute, got) => {
    const derive = () => some.derive({ label: (row) => compute(row as { v: number }) });
    expect(derive).toThrow(
      expect.objectContaining({
        code: "HEX_FRAME_INVALID",
        message: expect.stringContaining(`column "label", row 2`),
      }),
    );
    expect(derive).toThrow(`got ${got}`);
  });

  test("leaves texts of the data as they are, whatever words they hold", () => {
    const odd = frame([{ name: "undefined behaviour, NaN", note: null }], {
      name: "string",
      note: "string",
    });
    const made = odd.derive({ label: ({ name, note }) => `${name}${note ?? ""}` });
    expect(made.column("label")).toEqual(["undefined behaviour, NaN"]);
    expect(() => odd.derive({ label: ({ name, note }) => `${name}: ${note}` })).toThrow(
      /column "label", row 1/,
    );
  });

  test("is named where the function fails on it, with the row", () => {
    const derive = () => some.derive({ big: ({ n }) => (n as bigint) + 1n });
    expect(derive).toThrow(/column "big".*row 2.*"n".*BigInt/s);
    const filter = () => some.filter(({ w }) => (w as string).startsWith("a"));
    expect(filter).toThrow(/row 2.*"w".*startsWith/s);
    const own = new TypeError("mine");
    const fail = () => {
      throw own;
    };
    expect(() => some.filter(fail)).toThrow(own);
  });

  test("is told apart from a column that is not there", () => {
    const loose: Frame = frame([{ price: 1 }]) as never;
    expect(() => loose.filter((row) => row["prise"] === undefined)).toThrow(
      /"prise".*one of the frame's columns price/,
    );
    expect(loose.filter((row) => "prise" in row || Object.hasOwn(row, "prise")).numRows).toBe(0);
    const texts = loose.derive({ text: (row) => JSON.stringify(row) + String({ ...row }) });
    expect(texts.column("text")).toEqual(['{"price":1}[object Object]']);
  });
});

const AGGREGATES = {
  count: count("v"),
  distinct: distinctCount("v"),
  sum: sum("v"),
  mean: mean("v"),
  median: median("v"),
  min: min("v"),
  max: max("v"),
};
const SQL_AGGREGATES =
  "count(v) AS count, count(DISTINCT v) AS distinct, sum(v) AS sum, avg(v) AS mean, " +
  "median(v) AS median, min(v) AS min, max(v) AS max";

describe("aggregates", () => {
  test.each<[string, (number | null)[], readonly (number | null)[]]>([
    ["skip missing", [1, null, 3], [2, 2, 4, 2, 2, 1, 3]],
    ["give missing of nothing but missing", [null, null], [0, 0, null, null, null, null, null]],
    ["give missing of nothing", [], [0, 0, null, null, null, null, null]],
    ["take NaN for a number above all others", [1, nan, 2], [3, 3, nan, nan, 2, 1, nan]],
    ["know one NaN", [nan, nan], [2, 1, nan, nan, nan, nan, nan]],
    ["compute with infinity", [1, 2, inf], [3, 3, inf, inf, 2, 1, inf]],
    ["whatever the order of rows", [inf, 1, 2], [3, 3, inf, inf, 2, 1, inf]],
    ["between a number and infinity", [1, inf], [2, 2, inf, inf, inf, 1, inf]],
    ["below all", [minusInf, 0, 1, 2], [4, 4, minusInf, minusInf, 0.5, minusInf, 2]],
    ["between the infinities", [minusInf, inf], [2, 2, nan, nan, nan, minusInf, inf]],
    ["have one zero", [0, -0], [2, 1, 0, 0, 0, 0, 0]],
  ])("%s, as SQL does", async (_, values, expected) => {
    const own = numbers(...values).rollup(AGGREGATES);
    expect(Object.values(own.rows()[0] ?? {}).map((value) => value && value + 0)).toEqual(expected);
    const told = await queryFrames(
      `SELECT ${SQL_AGGREGATES} FROM t`,
      { t: numbers(...values) },
      {},
    );
    expect(told.rows()).toEqual(own.rows());
    const grouped = numbers(...values)
      .derive({ g: () => 1 })
      .groupby("g")
      .rollup(AGGREGATES);
    expect(grouped.select("count", "median", "max").rows()).toEqual(
      values.length === 0 ? [] : own.select("count", "median", "max").rows(),
    );
  });

  test("give NaN for the deviation of NaN and infinity, missing for fewer than two values", () => {
    const deviation = (...values: (number | null)[]) =>
      numbers(...values)
        .rollup({ s: stdev("v") })
        .at("s", 0);
    expect(deviation(1, 3)).toBe(Math.SQRT2);
    expect(deviation(1, null)).toBe(null);
    expect(deviation(nan)).toBe(null);
    expect(deviation(1, nan)).toBe(nan);
    expect(deviation(1, 2, inf)).toBe(nan);
  });

  test("find a mean that is within the numbers though the sum is not", () => {
    const large = numbers(1e308, 1.5e308).rollup({ mean: mean("v"), median: median("v") });
    expect(large.rows()).toEqual([{ mean: 1.25e308, median: 1.25e308 }]);
  });

  test("of groups look at the rows of each group alone", () => {
    const made = frame([
      { g: "x", v: 1, t: "b", at: new Date(5), big: 2n },
      { g: null, v: nan, t: "é", at: null, big: 2n ** 60n },
      { g: "x", v: null, t: "B", at: new Date(1), big: 3n },
      { g: null, v: 4, t: null, at: new Date(7), big: 2n ** 60n + 1n },
    ]);
    const rolled = made.groupby("g").rollup({
      n: distinctCount("v"),
      low: min("v"),
      first: min("t"),
      last: max("at"),
      most: max("big"),
      mid: median("v"),
    });
    expect(rolled.rows()).toEqual([
      { g: "x", n: 1, low: 1, first: "B", last: new Date(5), most: 3n, mid: 1 },
      { g: null, n: 2, low: 4, first: "é", last: new Date(7), most: 2n ** 60n + 1n, mid: nan },
    ]);
  });

  test("order texts as SQL does, by their code points", async () => {
    const texts = frame([{ t: "b" }, { t: "\uFFEE" }, { t: "😀" }, { t: "B" }, { t: "" }]);
    const own = texts.rollup({ low: min("t"), high: max("t") });
    const told = await queryFrames("SELECT min(t) AS low, max(t) AS high FROM t", { t: texts }, {});
    expect(own.rows()).toEqual([{ low: "", high: "😀" }]);
    expect(told.rows()).toEqual(own.rows());
  });

  test("that SQL cannot compute of such numbers say so", async () => {
    const query = queryFrames("SELECT stddev(v) AS s FROM t", { t: numbers(1, nan, inf) }, {});
    await expect(query).rejects.toThrow(/NaN or an infinity.*FILTER \(WHERE isfinite/s);
  });
});

describe("different values", () => {
  test("are counted as they are listed: NaN once, missing never", () => {
    const column = numbers(1, nan, null, nan, 1, -0, 0);
    expect(column.distinct("v")).toEqual([1, nan, -0]);
    expect(column.rollup({ n: distinctCount("v") }).at("n", 0)).toBe(3);
    const texts = frame([{ t: "a" }, { t: null }, { t: "a" }]);
    expect(texts.distinct("t")).toHaveLength(
      texts.rollup({ n: distinctCount("t") }).at("n", 0) ?? 0,
    );
  });

  test("make groups: missing one, NaN one", async () => {
    const own = numbers(nan, null, 1, nan, null).groupby("v").count();
    expect(own.rows()).toEqual([
      { v: nan, count: 2 },
      { v: null, count: 2 },
      { v: 1, count: 1 },
    ]);
  });

  test("are joined: NaN with NaN, missing with nothing, as SQL does", async () => {
    const one = numbers(nan, null, 0).rename({ at: "one" });
    const other = numbers(nan, null, -0).rename({ at: "other" });
    const own = one.join(other, "v").select("one", "other");
    const sql = "SELECT one, other FROM a JOIN b ON a.v = b.v ORDER BY one";
    const told = await queryFrames(sql, { a: one, b: other }, {});
    expect(own.rows()).toEqual([
      { one: 0, other: 0 },
      { one: 2, other: 2 },
    ]);
    expect(told.rows()).toEqual(own.rows());
  });
});

describe("the order of rows", () => {
  const mixed = numbers(2, null, nan, inf, -0, minusInf, nan, 0, null, 1);
  const UP = [5, 4, 7, 9, 0, 3, 2, 6, 1, 8];
  const DOWN = [2, 6, 3, 0, 9, 4, 7, 5, 1, 8];

  test.each([false, true])(
    "is one at verbs, in SQL and in tables (descending: %s)",
    async (down) => {
      const expected = down ? DOWN : UP;
      expect(mixed.orderby(down ? desc("v") : "v").column("at")).toEqual(expected);
      const sql = `SELECT "at" FROM t ORDER BY v ${down ? "DESC" : ""}, "at"`;
      expect((await queryFrames(sql, { t: mixed }, {})).column("at")).toEqual(expected);
      const sort = { column: "v", descending: down };
      const table = toTableRows(mixed as never, { sort });
      expect(table.slice(0, 10).column("at")).toEqual(expected);
      const { rows, schema } = frameToJson(mixed);
      const shown = passingRows(rows, schema, { sort });
      expect(shown.map(({ at }) => at)).toEqual(expected);
    },
  );

  test.each(["v", "t", "b", "d", "i"] as const)(
    "has missing last in both directions: %s",
    (name) => {
      const some = frame([
        { v: 1.5, t: "b", b: true, d: new Date(2), i: 2n },
        { v: null, t: null, b: null, d: null, i: null },
        { v: 0.5, t: "a", b: false, d: new Date(1), i: 1n },
      ]);
      expect(some.orderby(name).column("v")).toEqual([0.5, 1.5, null]);
      expect(some.orderby(desc(name)).column("v")).toEqual([1.5, 0.5, null]);
    },
  );

  test("of verbs and SQL is that of code points", async () => {
    const texts = frame(["b", "\uFFEE", "a", "😀", "B", "é", ""].map((t) => ({ t })));
    const many = frame(
      Array.from({ length: 500 }, (_, at) => ({ t: `${at % 2 ? "B" : "a"}${at}` })),
    );
    for (const t of [texts, many]) {
      const told = await queryFrames("SELECT t FROM t ORDER BY t", { t }, {});
      expect(t.orderby("t").column("t")).toEqual(told.column("t"));
    }
  });

  test("keeps equal rows as they were, over several columns", () => {
    const rows = frame([
      { a: "x", b: 1, n: 0 },
      { a: null, b: nan, n: 1 },
      { a: "x", b: null, n: 2 },
      { a: "x", b: 1, n: 3 },
      { a: null, b: 2, n: 4 },
    ]);
    expect(rows.orderby("a", desc("b")).column("n")).toEqual([0, 3, 2, 1, 4]);
    const kept = rows.filter((row) => row.n !== 0).orderby(desc("a"), "b");
    expect(kept.column("n")).toEqual([3, 2, 4, 1]);
  });
});

describe("filters of tables", () => {
  test("let NaN and missing pass only where they are asked for", () => {
    const some = numbers(1, null, nan, inf);
    const kept = (test: "at-least" | "at-most" | "equals" | "missing", value?: string) => {
      const filters = [{ column: "v", test, value }];
      const { rows, schema } = frameToJson(some);
      const own = toTableRows(some as never, { filters });
      const at = own.slice(0, own.numRows).column("at");
      expect(passingRows(rows, schema, { filters }).map((row) => row["at"])).toEqual(at);
      return at;
    };
    expect(kept("at-least", "0")).toEqual([0, 3]);
    expect(kept("at-most", "inf")).toEqual([0, 3]);
    expect(kept("equals", "NaN")).toEqual([2]);
    expect(kept("missing")).toEqual([1]);
  });
});

describe("verbs and SQL", () => {
  const number = fc.constantFrom(0, -0, 1, -1, 0.5, 2, 3, nan, inf, minusInf, null);
  const text = fc.constantFrom("a", "B", "", "é", "\uFFEE", "😀", null);
  const row = fc.record({ g: text, k: number, v: number });
  const TYPES = { at: "integer", g: "string", k: "number", v: "number" } as const;

  test("agree over random tables, in groups, aggregates and orders", async () => {
    const property = fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (rows) => {
      const t = frame(
        rows.map((each, at) => ({ at, ...each })),
        TYPES,
      );
      const order = 'SELECT "at" FROM t ORDER BY g DESC, v, k DESC, "at"';
      expect(t.orderby(desc("g"), "v", desc("k")).column("at")).toEqual(
        (await queryFrames(order, { t }, {})).column("at"),
      );
      const told = await queryFrames(
        `SELECT g, k, ${SQL_AGGREGATES} FROM t GROUP BY g, k ORDER BY g, k`,
        { t },
        {},
      );
      const own = t.groupby("g", "k").rollup(AGGREGATES).orderby("g", "k");
      expect(withOneZero(own)).toEqual(withOneZero(told));
    });
    await fc.assert(property, { numRuns: 25 });
  });

  /** Which of the two zeros stands for both is not told. */
  function withOneZero(made: { rows(): object[] }): unknown[] {
    return made.rows().map((each) => Object.values(each).map((value) => (value === 0 ? 0 : value)));
  }
});

test("a sum of whole numbers that a number would round is refused", () => {
  const large = frame([{ v: 9_007_199_254_740_991 }, { v: 1 }, { v: -5 }]);
  expect(() => large.rollup({ total: sum("v") })).toThrow(/sum of column "v" .* BigInt/);
  const exact = large.derive({ v: (row) => BigInt(row.v ?? 0) });
  expect(exact.rollup({ total: sum("v") }).at("total", 0)).toBe(9_007_199_254_740_987n);
});

import { describe, expect, test } from "vitest";
import { desc } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { distinctCount, max, mean, min, sum } from "../../src/frame/verb/aggregate.ts";
import { assertFrame } from "./assert-frame.ts";

const fruit = frame([
  { name: "pear", price: 3, sold: true },
  { name: "fig", price: null, sold: false },
  { name: "plum", price: 1, sold: null },
  { name: "fig", price: 2, sold: true },
]);

describe("filter", () => {
  test("keeps the rows that pass", () => {
    const figs = fruit.filter((row) => row.name === "fig");
    assertFrame(figs, { name: ["fig", "fig"], price: [null, 2], sold: [false, true] });
  });

  test("leaves the frame it is called on as it was", () => {
    const before = fruit.rows();
    fruit.filter((row) => row.price === 1);
    expect(fruit.rows()).toEqual(before);
  });

  test("narrows what an earlier filter kept", () => {
    const kept = fruit.filter((row) => row.name === "fig").filter((row) => row.sold === true);
    expect(kept.column("price")).toEqual([2]);
  });

  test("refuses that the predicate writes to the row", () => {
    const assign = (row: object) => Reflect.set(row, "price", 9);
    expect(fruit.filter(assign).numRows).toBe(0);
    expect(() => fruit.filter((row) => Object.assign(row, { price: 9 }) === row)).toThrow(
      TypeError,
    );
  });

  test("gives a row object that can be copied", () => {
    const copies: object[] = [];
    fruit.head(1).filter((row) => copies.push({ ...row }) > 0);
    expect(copies).toEqual([{ name: "pear", price: 3, sold: true }]);
  });
});

describe("derive", () => {
  test("adds columns of the types of their values", () => {
    const derived = fruit.derive({ half: (row) => row.price && row.price / 2, tag: () => "x" });
    expect(derived.schema.slice(3)).toEqual([
      { name: "half", type: "number" },
      { name: "tag", type: "string" },
    ]);
    expect(derived.column("half")).toEqual([1.5, null, 0.5, 1]);
  });

  test("replaces a column of the same name in its place", () => {
    const derived = fruit.derive({ price: (row) => String(row.price ?? "free") });
    expect(derived.columnNames).toEqual(["name", "price", "sold"]);
    expect(derived.at("price", 1)).toBe("free");
  });

  test("computes only the rows that a filter kept", () => {
    const seen: unknown[] = [];
    const kept = fruit.filter((row) => row.price === 1);
    expect(kept.derive({ n: (row) => seen.push(row.name) }).column("n")).toEqual([1]);
    expect(seen).toEqual(["plum"]);
  });
});

describe("orderby", () => {
  test("orders by several columns, some descending", () => {
    const ordered = fruit.orderby("name", desc("price"));
    expect(ordered.column("price")).toEqual([2, null, 3, 1]);
  });

  test("puts missing values last", () => {
    expect(fruit.orderby("price").column("price")).toEqual([1, 2, 3, null]);
    expect(fruit.orderby(desc("price")).column("price")).toEqual([3, 2, 1, null]);
  });

  test("is kept by later verbs", () => {
    const ordered = fruit.orderby(desc("price")).filter((row) => row.price !== 2);
    expect(ordered.select("name").head(2).column("name")).toEqual(["pear", "plum"]);
    expect(ordered.distinct("name")).toEqual(["pear", "plum", "fig"]);
  });
});

describe("the functions of filter and derive", () => {
  test("are called in the frame's order, so that running totals come out right", () => {
    const rows = [3, 1, 2].map((day) => ({ day, total: day }));
    const ordered = frame(rows).orderby("day");
    let sum = 0;
    const running = ordered.derive({ sum: (row) => (sum += row.total) });
    expect(running.column("sum")).toEqual([1, 3, 6]);
    let seen = 0;
    expect(ordered.filter(() => seen++ < 2).column("day")).toEqual([1, 2]);
  });
});

describe("rollup", () => {
  test("skips missing values", () => {
    const all = fruit.rollup({ mean: mean("price"), sum: sum("price"), sold: mean("sold") });
    assertFrame(all, { mean: [2], sum: [6], sold: [2 / 3] });
  });

  test("gives missing, not zero, for the mean of nothing", () => {
    const none = fruit.filter((row) => row.price === undefined);
    assertFrame(none.rollup({ mean: mean("price"), low: min("price") }), {
      mean: [null],
      low: [null],
    });
  });

  test("counts different values without counting missing", () => {
    const counts = fruit.groupby("name").rollup({ prices: distinctCount("price") });
    assertFrame(counts, { name: ["pear", "fig", "plum"], prices: [1, 1, 1] });
  });

  test("gives no rows for the groups of an empty frame", () => {
    const none = fruit
      .filter(() => false)
      .groupby("name")
      .rollup({ mean: mean("price") });
    assertFrame(none, { name: [], mean: [] });
  });

  test("counts only the rows of a frame that is both filtered and ordered", () => {
    const figs = fruit.filter((row) => row.name === "fig").orderby("price");
    assertFrame(figs.count(), { count: [2] });
  });

  test("finds the least and greatest of texts and points in time", () => {
    const times = frame([
      { at: new Date(5), id: "b" },
      { at: new Date(1), id: "a" },
    ]);
    assertFrame(times.rollup({ first: min("at"), last: max("id") }), {
      first: [new Date(1)],
      last: ["b"],
    });
  });

  test("adds bigints exactly and takes their mean as a number", () => {
    const big = frame([{ n: 2n ** 60n }, { n: 2n ** 60n }]);
    assertFrame(big.rollup({ all: sum("n"), mid: mean("n") }), {
      all: [2n ** 61n],
      mid: [2 ** 60],
    });
  });

  test("refuses the mean of texts", () => {
    expect(() => fruit.rollup({ mean: mean("name") })).toThrow(/"name" of mean to be numeric/);
  });
});

describe("groupby", () => {
  test("tells apart keys that only look alike when joined", () => {
    const pairs = frame([
      { a: 'x"|"y', b: "z" },
      { a: "x", b: 'y"|"z' },
    ]);
    expect(pairs.groupby("a", "b").count().numRows).toBe(2);
    expect(pairs.dedupe().numRows).toBe(2);
  });

  test("keeps missing as a group of its own", () => {
    const counts = fruit.groupby("sold").count();
    assertFrame(counts, { sold: [true, false, null], count: [2, 1, 1] });
  });
});

describe("distinct", () => {
  test("gives only values that occur in the frame's rows", () => {
    expect(fruit.filter((row) => row.price === 1).distinct("name")).toEqual(["plum"]);
    expect(fruit.distinct("sold")).toEqual([true, false]);
  });
});

describe("join", () => {
  const stock = frame([
    { name: "fig", crates: 7 },
    { name: "pear", crates: 1 },
    { name: "pear", crates: 2 },
  ]);

  test("gives the matching rows in the order of the left frame", () => {
    const joined = fruit.join(stock, "name");
    expect(joined.column("name")).toEqual(["pear", "pear", "fig", "fig"]);
    expect(joined.column("crates")).toEqual([1, 2, 7, 7]);
  });

  test("keeps rows without a match when asked to", () => {
    const joined = fruit.joinLeft(stock, "name");
    expect(joined.column("crates")).toEqual([1, 2, 7, null, 7]);
  });

  test("never matches a missing value", () => {
    const left = frame([{ k: null, a: 1 }], { k: "string", a: "integer" });
    const right = frame([{ k: null, b: 1 }], { k: "string", b: "integer" });
    expect(left.join(right, "k").numRows).toBe(0);
    expect(left.joinLeft(right, "k").column("b")).toEqual([null]);
  });

  test("refuses columns that both frames have", () => {
    expect(() => fruit.join(fruit, "name")).toThrow(/different names in both frames/);
  });
});

describe("concat", () => {
  test("puts the rows of frames after one another, matching columns by name", () => {
    const more = frame([{ sold: null, price: 0.5, name: "kiwi" }]);
    const all = fruit.head(1).concat(more.derive({ sold: () => false }));
    assertFrame(all, { name: ["pear", "kiwi"], price: [3, 0.5], sold: [true, false] });
  });

  test("refuses frames of other columns", () => {
    const other: typeof fruit = fruit.rename({ name: "kind" }).rename({ kind: "label" }) as never;
    expect(() => fruit.concat(other)).toThrow(/columns name, price, sold/);
  });
});

describe("columns", () => {
  test("are told when a name is not among them", () => {
    expect(() => fruit.select("colour" as "name")).toThrow(
      expect.objectContaining({
        code: "HEX_FRAME_INVALID",
        message: expect.stringContaining("name, price, sold"),
      }),
    );
  });

  test("are renamed and selected without touching values", () => {
    assertFrame(fruit.rename({ name: "kind" }).select("kind").head(2), { kind: ["pear", "fig"] });
  });

  test("may have names that objects reserve", () => {
    const odd = frame([JSON.parse('{"__proto__": 1, "constructor": "c"}')]);
    expect(odd.columnNames).toEqual(["__proto__", "constructor"]);
    expect(Object.entries(odd.rows()[0] ?? {})).toEqual([
      ["__proto__", 1],
      ["constructor", "c"],
    ]);
    expect(odd.filter((row) => Object.entries(row)[0]?.[1] === 1).numRows).toBe(1);
  });
});

describe("slice", () => {
  test("counts negative numbers from the end", () => {
    expect(fruit.slice(-2).column("name")).toEqual(["plum", "fig"]);
    expect(fruit.slice(1, -1).column("name")).toEqual(["fig", "plum"]);
    expect(fruit.head(99).numRows).toBe(4);
  });
});

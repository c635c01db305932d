import { describe, expect, it } from "vitest";
import { headRows } from "../../src/frame/json.ts";
import { frame } from "../../src/frame/rows.ts";
import { mean } from "../../src/frame/verb/aggregate.ts";

const planets = frame([{ method: "Transit", mass: 1.5, year: 2008, distance: 3 }]);
type Planets = typeof planets;

/** The columns that a use of a frame reads. */
function readsOf(use: (watched: Planets) => unknown): string[] {
  const read = new Set<string>();
  use(planets.watched((column) => read.add(column)));
  return [...read].sort();
}

describe("a watched frame", () => {
  it.each<[string, (planets: Planets) => unknown, readonly string[]]>([
    ["a filter", (p) => p.filter((row) => row.method === "x"), ["method"]],
    ["a rollup", (p) => p.rollup({ mass: mean("mass") }), ["mass"]],
    ["a grouping and its count", (p) => p.groupby("year", "method").count(), ["method", "year"]],
    ["an order", (p) => p.orderby("year"), ["year"]],
    ["distinct values", (p) => p.distinct("method"), ["method"]],
    ["a derived column", (p) => p.derive({ double: (row) => (row.mass ?? 0) * 2 }), ["mass"]],
    ["a selection", (p) => p.select("mass", "year"), ["mass", "year"]],
    ["one value", (p) => p.at("distance", 0), ["distance"]],
    [
      "what is made of it",
      (p) =>
        p
          .filter(() => true)
          .slice(0, 1)
          .column("mass"),
      ["mass"],
    ],
    ["its rows", (p) => p.rows(), ["distance", "mass", "method", "year"]],
    ["its head as shown", (p) => headRows(p, 1), ["distance", "mass", "method", "year"]],
    ["its shape", (p) => [p.numRows, p.columnNames, p.slice(0, 1).numRows], []],
  ])("tells which columns are read by %s", (_, use, columns) => {
    expect(readsOf(use)).toEqual(columns);
  });
});

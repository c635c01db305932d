import { describe, expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { ColumnReads, refuseLostColumns } from "../../src/run/column-reads.ts";

const published = {
  name: "planets",
  columns: [
    { name: "method", type: "string" },
    { name: "mass", type: "number" },
    { name: "year", type: "integer" },
  ] as Schema,
  readers: {
    mean_mass: { code: "1", columns: ["mass"] },
    heaviest: { code: "1", columns: ["mass"] },
    filtered: { code: "1", columns: ["method"] },
  },
};
const without = (name: string) => published.columns.filter((column) => column.name !== name);
const unchanged = () => "1";

describe("the guard of a frame's columns", () => {
  it("refuses a frame that lost a column which cells below read", () => {
    expect(() => refuseLostColumns(published, without("mass"), unchanged)).toThrow(
      "column mass, which mean_mass, heaviest read, to stay number, got no such column",
    );
  });

  it("refuses a frame whose column changed its type, naming the cell", () => {
    const retyped = [...without("method"), { name: "method", type: "integer" }] as Schema;
    expect(() => refuseLostColumns(published, retyped, unchanged)).toThrow(
      "column method, which filtered reads, to stay string, got integer",
    );
  });

  it("lets columns go that nobody reads, and new ones come", () => {
    const changed = [...without("year"), { name: "era", type: "string" }] as Schema;
    expect(() => refuseLostColumns(published, changed, unchanged)).not.toThrow();
  });

  it("does not ask cells that have changed since, or are gone", () => {
    const codeOf = (cell: string) =>
      cell === "filtered" ? "2" : cell === "heaviest" ? undefined : "1";
    expect(() => refuseLostColumns(published, without("method"), codeOf)).not.toThrow();
    expect(() => refuseLostColumns(published, without("mass"), codeOf)).toThrow(
      "which mean_mass reads",
    );
  });
});

describe("the reads of columns", () => {
  it("are noted for the cell that reads, also through another cell's frame", () => {
    const reads = new ColumnReads();
    const planets = frame([{ method: "Transit", mass: 1 }]);
    const forFilter = reads.handOver(planets, "filtered", "planets") as typeof planets;
    const filtered = forFilter.filter((row) => row.method === "Transit");
    const forMean = reads.handOver(filtered, "mean_mass", undefined) as typeof planets;
    forMean.column("mass");
    expect(reads.readersOf("planets")).toEqual({
      filtered: ["method"],
      mean_mass: ["mass"],
    });
  });

  it("leave alone what is no cached cell's frame", () => {
    const reads = new ColumnReads();
    const own = frame([{ a: 1 }]);
    expect(reads.handOver(own, "cell", undefined)).toBe(own);
    expect(reads.handOver(7, "cell", "planets")).toBe(7);
  });
});

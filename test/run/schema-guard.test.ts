import { describe, expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import type { Schema } from "../../src/frame/schema.ts";
import { ColumnReads } from "../../src/run/column-reads.ts";
import { refuseLostColumns } from "../../src/run/schema-guard.ts";

const published = {
  name: "planets",
  columns: [
    { name: "method", type: "string" },
    { name: "mass", type: "number" },
    { name: "year", type: "integer" },
  ] as Schema,
  readers: { mass: ["mean_mass", "heaviest"], method: ["filtered"] },
};
const without = (name: string) => published.columns.filter((column) => column.name !== name);
const always = () => true;

describe("the guard of a frame's columns", () => {
  it("refuses a frame that lost a column which cells below read", () => {
    expect(() => refuseLostColumns(published, without("mass"), always)).toThrow(
      "column mass, which mean_mass, heaviest read, to stay number, got no such column",
    );
  });

  it("refuses a frame whose column changed its type, naming the cell", () => {
    const retyped = [...without("method"), { name: "method", type: "integer" }] as Schema;
    expect(() => refuseLostColumns(published, retyped, always)).toThrow(
      "column method, which filtered reads, to stay string, got integer",
    );
  });

  it("lets columns go that nobody reads, and new ones come", () => {
    const changed = [...without("year"), { name: "era", type: "string" }] as Schema;
    expect(() => refuseLostColumns(published, changed, always)).not.toThrow();
  });

  it("does not ask cells that have changed since", () => {
    const isUnchanged = (cell: string) => cell !== "filtered";
    expect(() => refuseLostColumns(published, without("method"), isUnchanged)).not.toThrow();
    expect(() => refuseLostColumns(published, without("mass"), isUnchanged)).toThrow("mass");
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
    expect(reads.readersOf("planets")).toEqual({ method: ["filtered"], mass: ["mean_mass"] });
  });

  it("leave alone what is no cached cell's frame", () => {
    const reads = new ColumnReads();
    const own = frame([{ a: 1 }]);
    expect(reads.handOver(own, "cell", undefined)).toBe(own);
    expect(reads.handOver(7, "cell", "planets")).toBe(7);
  });
});

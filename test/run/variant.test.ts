import { describe, expect, it } from "vitest";
import { frameOfVariant, toVariant } from "../../src/run/run-frames.ts";

const region = (value: unknown) => ({ name: "region", value, initial: "All" });
const year = (value: unknown) => ({ name: "year", value, initial: 2024 });

describe("the variant of a cached frame", () => {
  it("is the frame itself without inputs in its key", () => {
    expect(toVariant("sales", [])).toEqual({ frame: "sales", flags: "" });
    expect(frameOfVariant("sales/north")).toBeUndefined();
  });

  it("has a name of its own for every value, also for the defaults", () => {
    const names = ["All", "EU", "US", "eu", null, ["EU"], 1, "1"].map(
      (value) => toVariant("sales", [region(value)]).frame,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names[1]).toMatch(/^sales\/region-EU\.[0-9a-f]{32}$/);
    expect(new Set(names.map(frameOfVariant))).toEqual(new Set(["sales"]));
  });

  it("tells how earlier releases named it, with default inputs", () => {
    expect(toVariant("sales", [region("All"), year(2024)])).toMatchObject({
      frame: expect.stringMatching(/^sales\/region-All_year-2024\.[0-9a-f]{32}$/),
      flags: "",
      formerly: "sales",
    });
    expect(toVariant("sales", [region("All"), year(2025)]).formerly).toBeUndefined();
  });

  it("tells the flags that compute it, quoted for a shell", () => {
    expect(toVariant("sales", [region("EU"), year(2025)]).flags).toBe(
      " --input region=EU --input year=2025",
    );
    expect(toVariant("sales", [region("it's")]).flags).toBe(" --input region='it'\\''s'");
  });
});

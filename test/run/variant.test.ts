import { describe, expect, it } from "vitest";
import { toVariant } from "../../src/run/variant.ts";

const region = (value: unknown) => ({ name: "region", value, initial: "All" });
const year = (value: unknown) => ({ name: "year", value, initial: 2024 });

describe("the variant of a cached frame", () => {
  it("is the frame itself with default inputs, or without any in its key", () => {
    expect(toVariant("sales", []).frame).toBe("sales");
    expect(toVariant("sales", [region("All"), year(2024)]).frame).toBe("sales");
  });

  it("has a name of its own, beside the frame, for every other value", () => {
    const names = ["EU", "US", "eu", null, ["EU"], 1, "1"].map(
      (value) => toVariant("sales", [region(value)]).frame,
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toMatch(/^sales\/region-EU\.[0-9a-f]{32}$/);
  });

  it("tells the flags that compute it, quoted for a shell", () => {
    expect(toVariant("sales", [region("EU"), year(2025)]).flags).toBe(
      " --input region=EU --input year=2025",
    );
    expect(toVariant("sales", [region("it's")]).flags).toBe(" --input region='it'\\''s'");
  });
});

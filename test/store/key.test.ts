import { describe, expect, it } from "vitest";
import { parseFrameName, sharedKey, stagedFrameKeys } from "../../src/store/key.ts";

describe("parseFrameName", () => {
  const legal = ["planets", "planets/planet_data", "a.b-c/D_9", "-", "x..y", "n".repeat(200)];
  it.each(legal)("takes %s", (name) => {
    expect(parseFrameName(name)).toBe(name);
  });

  const climbing = ["..", "../a", "a/../b", "./a", "a/.", "..\\a", "%2e%2e/a", "a/%2e%2e", "a／b"];
  const absolute = [
    "/a",
    "C:/a",
    "C:a",
    "//host/share",
    "\\\\host\\share",
    "file:///a",
    "a:stream",
  ];
  const empty = ["", "/", "a//b", "a/", " ", "a b", "a\0", "a\n", "é", "n".repeat(201)];
  const hidden = [".hex", ".hex/manifest.json", ".a", "a/.b", "a.", "a./b"];
  it.each([...climbing, ...absolute, ...empty, ...hidden])("refuses %j", (name) => {
    expect(() => parseFrameName(name)).toThrow(
      expect.objectContaining({ code: "HEX_KEY_INVALID" }),
    );
  });

  const reserved = ["con", "NUL", "a/Aux", "com1.csv", "lpt9", "__proto__", "a/constructor"];
  it.each(reserved)("refuses %s, which means something else elsewhere", (name) => {
    expect(() => parseFrameName(name)).toThrow(/reserve/);
  });

  it.each(["a.csv/b", "a.arrow/b", "x/a.schema.json/b"])("refuses %s below a file", (name) => {
    expect(() => parseFrameName(name)).toThrow(/free of folders that end in/);
  });

  it.each([undefined, null, 1, {}, ["a"]])("refuses %j, which is no text", (name) => {
    expect(() => parseFrameName(name)).toThrow(/^Expected the frame name to be segments of/);
  });

  it("tells the place, the rule and what it got", () => {
    expect(() => parseFrameName("../a")).toThrow(
      'Expected the frame name to be segments of letters, digits, "_", "." and "-" joined by "/", ' +
        'at most 200 characters, no segment beginning or ending with a dot, got "../a"',
    );
  });
});

describe("the layout of keys", () => {
  it("puts a frame's files under the attempt of the run", () => {
    expect(stagedFrameKeys("run-7", 2, "planets/planet_data")).toEqual({
      csv: ".hex/runs/run-7-2/planets/planet_data.csv",
      schema: ".hex/runs/run-7-2/planets/planet_data.schema.json",
      arrow: ".hex/runs/run-7-2/planets/planet_data.arrow",
      parquet: ".hex/runs/run-7-2/planets/planet_data.parquet",
    });
    expect(sharedKey("planets/planet_data", "csv")).toBe("planets/planet_data.csv");
    expect(sharedKey("planets/planet_data", "arrow")).toBe("planets/planet_data.arrow");
  });

  it.each(["", "..", "a/b", "a.b", "r".repeat(65)])("refuses the run id %j", (runId) => {
    expect(() => stagedFrameKeys(runId, 1, "a")).toThrow(/^Expected the run id to be/);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses the attempt %d", (attempt) => {
    expect(() => stagedFrameKeys("r", attempt, "a")).toThrow(/^Expected the attempt of the run/);
  });
});

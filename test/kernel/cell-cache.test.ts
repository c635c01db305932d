import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { type CachedResult, CellCache } from "../../src/kernel/cell-cache.ts";

function cached(value: unknown, result = String(value)): CachedResult {
  const output = { kind: "value", value: null } as const;
  return { result, computed: { value, output }, staged: new Map(), reads: {} };
}

const numbers = frame(Array.from({ length: 10_000 }, (_, at) => ({ at }))) as unknown as Frame;

describe("the memory of cells", () => {
  it("gives what was put under a key, and nothing under another", () => {
    const cache = new CellCache({ limitBytes: 1e6 });
    cache.put("a", cached(1));
    cache.put("b", { at: "version" });
    expect(cache.get("a")).toMatchObject({ computed: { value: 1 } });
    expect(cache.get("b")).toEqual({ at: "version" });
    expect(cache.get("c")).toBeUndefined();
  });

  it("loses what was used longest ago when there are too many", () => {
    const cache = new CellCache({ limitBytes: 1e6, limitEntries: 2 });
    cache.put("a", cached(1));
    cache.put("b", cached(2));
    cache.get("a");
    cache.put("c", cached(3));
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([
      expect.objectContaining({ result: "1" }),
      undefined,
      expect.objectContaining({ result: "3" }),
    ]);
  });

  it("forgets all when a column was lost, and knows whose", () => {
    const cache = new CellCache({ limitBytes: 1e6 });
    cache.put("a", cached(1));
    cache.lose("1");
    expect([cache.get("a"), cache.find("1"), cache.losses]).toEqual([undefined, undefined, 1]);
    expect([cache.wasLost("1"), cache.wasLost("2")]).toEqual([true, false]);
  });

  it("counts columns once that frames share", () => {
    const cache = new CellCache({ limitBytes: 1e9 });
    cache.put("whole", cached(1), { sizeBytes: 0, frames: [numbers] });
    const before = cache.sizeBytes;
    expect(before).toBeGreaterThan(40_000);
    const filtered = numbers.filter((row) => Number(row["at"]) > 5);
    cache.put("filtered", cached(2), { sizeBytes: 0, frames: [filtered, filtered] });
    expect(cache.sizeBytes - before).toBeLessThan(4 * 2 * 10_000 + 2_000);
    cache.put("whole", { at: "version" });
    expect(cache.sizeBytes).toBeGreaterThan(before);
    cache.put("filtered", { at: "version" });
    expect(cache.sizeBytes).toBeLessThan(3_000);
  });

  it("makes room by bytes, and keeps nothing that has no room at all", () => {
    const cache = new CellCache({ limitBytes: 100_000 });
    cache.put("small", cached(1), { sizeBytes: 60_000, frames: [] });
    cache.put("huge", cached(2), { sizeBytes: 200_000, frames: [] });
    expect(cache.get("huge")).toBeUndefined();
    expect(cache.get("small")).toBeDefined();
    cache.put("next", cached(3), { sizeBytes: 60_000, frames: [] });
    expect([cache.get("small"), cache.get("next") !== undefined]).toEqual([undefined, true]);
  });

  it("keeps for a while what is not to be kept longer", () => {
    let nowMs = 0;
    const cache = new CellCache({ limitBytes: 1e6, now: () => nowMs });
    cache.put("a", cached(1), { sizeBytes: 0, frames: [] }, 5_000);
    nowMs = 5_000;
    expect(cache.get("a")).toBeDefined();
    nowMs = 5_001;
    expect(cache.get("a")).toBeUndefined();
    expect(cache.sizeBytes).toBe(0);
  });
});

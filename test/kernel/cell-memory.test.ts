import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { CellMemory, type CellRecord } from "../../src/kernel/cell-memory.ts";

function remembered(value: unknown, result = String(value)): CellRecord {
  const output = { kind: "value", value: null } as const;
  return { result, value, output, staged: new Map(), reads: {} };
}

const numbers = frame(Array.from({ length: 10_000 }, (_, at) => ({ at }))) as unknown as Frame;

describe("the memory of cells", () => {
  it("gives what was put under a key, and nothing under another", () => {
    const memory = new CellMemory({ limitBytes: 1e6 });
    memory.put("a", remembered(1));
    memory.put("b", { at: "version" });
    expect(memory.take("a")).toMatchObject({ value: 1 });
    expect(memory.take("b")).toEqual({ at: "version" });
    expect(memory.take("c")).toBeUndefined();
  });

  it("loses what was used longest ago when there are too many", () => {
    const memory = new CellMemory({ limitBytes: 1e6, limitEntries: 2 });
    memory.put("a", remembered(1));
    memory.put("b", remembered(2));
    memory.take("a");
    memory.put("c", remembered(3));
    expect([memory.take("a"), memory.take("b"), memory.take("c")]).toEqual([
      expect.objectContaining({ value: 1 }),
      undefined,
      expect.objectContaining({ value: 3 }),
    ]);
  });

  it("counts columns once that frames share", () => {
    const memory = new CellMemory({ limitBytes: 1e9 });
    memory.put("whole", remembered(1), { sizeBytes: 0, frames: [numbers] });
    const before = memory.sizeBytes;
    expect(before).toBeGreaterThan(40_000);
    const filtered = numbers.filter((row) => Number(row["at"]) > 5);
    memory.put("filtered", remembered(2), { sizeBytes: 0, frames: [filtered, filtered] });
    expect(memory.sizeBytes - before).toBeLessThan(4 * 2 * 10_000 + 2_000);
    memory.put("whole", { at: "version" });
    expect(memory.sizeBytes).toBeGreaterThan(before);
    memory.put("filtered", { at: "version" });
    expect(memory.sizeBytes).toBeLessThan(3_000);
  });

  it("makes room by bytes, and keeps nothing that has no room at all", () => {
    const memory = new CellMemory({ limitBytes: 100_000 });
    memory.put("small", remembered(1), { sizeBytes: 60_000, frames: [] });
    memory.put("huge", remembered(2), { sizeBytes: 200_000, frames: [] });
    expect(memory.take("huge")).toBeUndefined();
    expect(memory.take("small")).toBeDefined();
    memory.put("next", remembered(3), { sizeBytes: 60_000, frames: [] });
    expect([memory.take("small"), memory.take("next") !== undefined]).toEqual([undefined, true]);
  });

  it("keeps for a while what is not to be kept longer", () => {
    let nowMs = 0;
    const memory = new CellMemory({ limitBytes: 1e6, now: () => nowMs });
    memory.put("a", remembered(1), { sizeBytes: 0, frames: [] }, 5_000);
    nowMs = 5_000;
    expect(memory.take("a")).toBeDefined();
    nowMs = 5_001;
    expect(memory.take("a")).toBeUndefined();
    expect(memory.sizeBytes).toBe(0);
  });
});

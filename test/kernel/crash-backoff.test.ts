import { expect, it } from "vitest";
import { CrashBackoff } from "../../src/kernel/pool.ts";

it("lets processes be replaced at once at first, and ever later when they go on dying", () => {
  let nowMs = 0;
  const backoff = new CrashBackoff(() => nowMs);
  const pauses = Array.from({ length: 10 }, () => {
    backoff.note();
    const { leftMs } = backoff;
    nowMs += leftMs;
    return leftMs;
  });
  expect(pauses).toEqual([0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  nowMs += 60_001;
  backoff.note();
  expect(backoff.leftMs).toBe(0);
});

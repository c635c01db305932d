import { expect, it } from "vitest";
import { RestartPause } from "../../src/kernel/restart-pause.ts";

it("lets processes be replaced at once at first, and ever later when they go on dying", () => {
  let nowMs = 0;
  const pause = new RestartPause(() => nowMs);
  const pauses = Array.from({ length: 10 }, () => {
    pause.note();
    const { leftMs } = pause;
    nowMs += leftMs;
    return leftMs;
  });
  expect(pauses).toEqual([0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  nowMs += 60_001;
  pause.note();
  expect(pause.leftMs).toBe(0);
});

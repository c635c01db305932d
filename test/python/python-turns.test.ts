import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { inTurn } from "../../src/python/python-turns.ts";

const AT_ONCE = Math.max(4, availableParallelism());

test("so many go at once, and one that is cancelled while it waits takes no turn", async () => {
  const open: (() => void)[] = [];
  const begun: number[] = [];
  const { signal } = new AbortController();
  const start = (index: number, heard = signal) =>
    inTurn(heard, () => {
      begun.push(index);
      return new Promise<void>((resolve) => open.push(resolve));
    });
  const first = Array.from({ length: AT_ONCE }, (_, index) => start(index));
  const stop = new AbortController();
  const cancelled = start(100, stop.signal);
  const last = start(200);
  await expect.poll(() => begun).toHaveLength(AT_ONCE);
  stop.abort(new Error("stopped"));
  await expect(cancelled).rejects.toThrow("stopped");
  open[0]?.();
  await first[0];
  await expect.poll(() => begun.at(-1)).toBe(200);
  expect(begun).not.toContain(100);
  for (const each of open) each();
  await Promise.all([...first, last]);
});

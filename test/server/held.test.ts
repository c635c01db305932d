import { expect, test } from "vitest";
import { TimedCache } from "../../src/server/timed-cache.ts";

test("what was looked up before something was forgotten is not known afterwards", async () => {
  const held = new TimedCache<string>(60_000, () => 0);
  let answer: (value: string) => void = () => undefined;
  const slow = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const first = held.get(() => slow);

  held.forget();
  expect(await held.get(async () => "new")).toBe("new");
  answer("old");

  expect(await first).toBe("old");
  expect(await held.get(async () => "newer")).toBe("new");
});

import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";

const forever = new AbortController().signal;

test("wakes sleepers in the order of their times, each at its own", async () => {
  const clock = new FakeClock(1_000);
  const user = clock.join(2);
  const woken: string[] = [];
  const nap = async (name: string, ms: number) => {
    await user.sleep(ms, forever);
    woken.push(`${name} at ${user.now()}`);
    await user.sleep(1_000_000, forever);
  };
  const naps = [nap("late", 30), nap("early", 10)];
  await clock.advance(100);
  expect(woken).toEqual(["early at 1010", "late at 1030"]);
  expect(clock.now()).toBe(1_100);
  expect(naps).toHaveLength(2);
});

test("lets a sleep last as long as it should when the time of day is changed", async () => {
  const clock = new FakeClock(0);
  const user = clock.join(1);
  const nap = user.sleep(50, forever).then(() => user.now());
  clock.jump(1_000);
  user.leave();
  const other = clock.join(1);
  const awake = other.sleep(50, forever).then(() => {
    other.leave();
    return other.now();
  });
  await clock.advance(60);
  expect(await awake).toBe(1_050);
  expect(await Promise.race([nap, "still asleep"])).toBe("still asleep");
});

test("waits for whoever is awake, however long that one takes", async () => {
  const clock = new FakeClock(0);
  const user = clock.join(1);
  const seen: number[] = [];
  const work = async () => {
    for (let turns = 0; turns < 50; turns++) await new Promise((done) => setImmediate(done));
    seen.push(user.now());
    user.leave();
  };
  const working = work();
  await clock.advance(10);
  await working;
  expect(seen).toEqual([0]);
});

test("ends a sleep when its signal says so", async () => {
  const clock = new FakeClock(0);
  const ending = new AbortController();
  const nap = clock.join(1).sleep(50, ending.signal);
  ending.abort(new Error("the end"));
  await expect(nap).rejects.toThrow("the end");
});

import { describe, expect, it, onTestFinished, vi } from "vitest";
import { HexError } from "../../src/errors.ts";
import { listTicks, readTick } from "../../src/schedule/tick.ts";
import type { WriteOptions } from "../../src/store/store.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { aSchedule, DAY_MS, HOUR_MS, Machine, SchedulerWorld } from "./scheduler-world.ts";

const MINUTE_MS = 60_000;
const hourly = [aSchedule("0 * * * *")];

function noon(schedules = hourly, store?: MemoryStore) {
  const start = "2026-01-31T12:00:30Z";
  return new SchedulerWorld({ schedules, start, ...(store === undefined ? {} : { store }) });
}

class BrokenStore extends MemoryStore {
  isDown = false;

  override write(key: string, body: Uint8Array, options?: WriteOptions) {
    if (this.isDown) throw new HexError("HEX_STORE_UNAVAILABLE", "the fake store is down");
    return super.write(key, body, options);
  }
}

/** It takes every write, whatever its condition. */
class CarelessStore extends MemoryStore {
  override write(key: string, body: Uint8Array) {
    return super.write(key, body);
  }
}

/** Somebody changes what stands behind the address. */
class FickleStore extends MemoryStore {
  isCareless = false;

  override write(...[key, body, options]: Parameters<MemoryStore["write"]>) {
    return super.write(key, body, this.isCareless ? {} : options);
  }
}

describe("a scheduler", () => {
  it("files a run at each planned instant, and none for what was before it began", async () => {
    const world = noon();
    const machine = new Machine(world);
    await world.clock.advance(2 * HOUR_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 14:00"]);
    expect(world.events.map(({ type }) => type)).toEqual(["schedule-fired", "schedule-fired"]);
    const [first] = world.filed.values();
    expect(first?.atMs).toBe(Date.parse("2026-01-31T13:00:00Z"));
  });

  it("keeps what it took where everybody finds it", async () => {
    const world = noon();
    const machine = new Machine(world, "ada@host:7");
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    const [instantMs = 0] = await listTicks(world.store, "nightly");
    expect(await readTick(world.store, { schedule: "nightly" }, instantMs)).toEqual({
      format: 1,
      schedule: "nightly",
      instant: "2026-01-31T13:00:00.000Z",
      runId: "run-1",
      filedBy: "ada@host:7",
      filedAt: "2026-01-31T13:00:00.000Z",
      state: "filed",
    });
  });

  it("goes on after a rest with the latest instant, and counts those before it as missed", async () => {
    const world = noon();
    const first = new Machine(world);
    await world.clock.advance(HOUR_MS);
    await first.stop();
    await world.clock.advance(5 * HOUR_MS);
    const second = new Machine(world);
    await world.clock.advance(MINUTE_MS);
    await second.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 18:00"]);
    expect(world.told("schedule-missed")).toEqual([
      {
        type: "schedule-missed",
        schedule: "nightly",
        instant: "2026-01-31T18:00:00.000Z",
        missed: 4,
      },
    ]);
    expect(world.told("schedule-late")).toEqual([]);
  });

  it("fires at the same minutes however often it is started anew", async () => {
    const world = noon();
    for (let restart = 0; restart < 60; restart++) {
      const machine = new Machine(world);
      await world.clock.advance(7 * MINUTE_MS);
      await machine.stop();
    }
    const planned = ["13", "14", "15", "16", "17", "18", "19"].map((hour) => `01-31 ${hour}:00`);
    expect(world.instants).toEqual(planned);
  });

  it("skips an instant while the run before still goes, and says why", async () => {
    const world = noon();
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    world.active.add("run-1");
    await world.clock.advance(2 * HOUR_MS);
    world.active.clear();
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 16:00"]);
    expect(world.told("schedule-skipped")).toHaveLength(2);
    expect(world.told("schedule-skipped")[1]).toMatchObject({
      instant: "2026-01-31T15:00:00.000Z",
      reason: "the run before, run-1, still goes",
    });
    expect(world.told("schedule-late")).toHaveLength(1);
  });

  it("files a run that waits, where runs may wait for each other", async () => {
    const world = noon([aSchedule("0 * * * *", { overlap: "queue" })]);
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    world.active.add("run-1");
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 14:00"]);
  });

  it("collapses what the clock jumped over into one run", async () => {
    const world = noon([aSchedule("*/10 * * * *")]);
    const machine = new Machine(world);
    await world.clock.advance(10 * MINUTE_MS);
    world.clock.jump(2 * HOUR_MS);
    await world.clock.advance(MINUTE_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 12:10", "01-31 14:10"]);
    expect(world.told("schedule-missed")).toMatchObject([{ missed: 11 }]);
  });

  it("fires no instant again when the clock jumps back", async () => {
    const world = noon([aSchedule("*/10 * * * *")]);
    const machine = new Machine(world);
    await world.clock.advance(2 * HOUR_MS);
    const before = world.instants.length;
    world.clock.jump(-2 * HOUR_MS);
    await world.clock.advance(2 * HOUR_MS);
    expect(world.instants).toHaveLength(before);
    await world.clock.advance(10 * MINUTE_MS);
    await machine.stop();
    expect(world.instants).toHaveLength(before + 1);
    expect(new Set(world.instants).size).toBe(before + 1);
  });

  it("is not silenced for years by a clock that was years ahead for a moment", async () => {
    const world = noon();
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    world.clock.jump(730 * DAY_MS);
    await world.clock.advance(MINUTE_MS);
    world.clock.jump(-730 * DAY_MS);
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 13:00", "01-31 14:00"]);
  });
});

describe("a scheduler in trouble", () => {
  it("tells that the store is down, raises an alarm once, and goes on when it is back", async () => {
    const store = new BrokenStore();
    const world = noon(hourly, store);
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    store.isDown = true;
    await world.clock.advance(3 * HOUR_MS);
    expect(world.told("schedule-failed")[0]).toMatchObject({ message: "the fake store is down" });
    expect(world.told("schedule-late")).toEqual([
      { type: "schedule-late", schedule: "nightly", since: "2026-01-31T13:00:00.000Z" },
    ]);
    store.isDown = false;
    await world.clock.advance(MINUTE_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00", "01-31 16:00"]);
    expect(world.told("schedule-missed")).toMatchObject([{ missed: 2 }]);
  });

  it("starts while the store is down, and misses nothing from then on", async () => {
    const store = new BrokenStore();
    const world = noon(hourly, store);
    store.isDown = true;
    const machine = new Machine(world);
    await world.clock.advance(70 * MINUTE_MS);
    store.isDown = false;
    await world.clock.advance(MINUTE_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00"]);
  });

  it("files a run again that the queue did not take, under the same id", async () => {
    const world = noon();
    const machine = new Machine(world);
    world.queueFailure = new Error("the fake queue is down");
    await world.clock.advance(HOUR_MS + 20 * MINUTE_MS);
    expect(world.filed.size).toBe(0);
    world.queueFailure = undefined;
    await world.clock.advance(MINUTE_MS);
    await machine.stop();
    expect([...world.filed.keys()]).toEqual(["run-1"]);
    expect(world.told("schedule-failed")[0]).toMatchObject({ message: "the fake queue is down" });
  });

  it("gives a run up that could not be filed for an hour, and says so", async () => {
    const world = noon([aSchedule("0 13 * * *")]);
    const machine = new Machine(world);
    world.queueFailure = new Error("the fake queue is down");
    await world.clock.advance(3 * HOUR_MS);
    world.queueFailure = undefined;
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    expect(world.filed.size).toBe(0);
    expect(world.told("schedule-failed").at(-1)).toMatchObject({
      message: "The run run-1 of 2026-01-31T13:00:00.000Z could not be filed for an hour: given up",
    });
  });

  it("files the run of another machine that died before it could", async () => {
    let orphans = 0;
    for (let steps = 0; steps <= 8; steps++) {
      const world = noon();
      const first = new Machine(world);
      await world.clock.advance(HOUR_MS - MINUTE_MS);
      first.kill(steps);
      await world.clock.advance(MINUTE_MS);
      first.kill();
      orphans += (await listTicks(world.store, "nightly")).length - world.filed.size;
      const second = new Machine(world);
      await world.clock.advance(MINUTE_MS);
      await second.stop();
      const tried = `killed after ${steps} steps`;
      // Where it died before the tick, nobody ever knew the schedule: it starts with the second.
      const taken = await listTicks(world.store, "nightly");
      expect(world.instants, tried).toHaveLength(taken.length);
    }
    expect(orphans).toBeGreaterThan(0);
  });

  it("tells of a tick that something else has written, and goes on", async () => {
    const world = noon();
    await world.store.write(".hex/ticks/nightly/20260131T120000Z.json", new Uint8Array(3));
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    await machine.stop();
    expect(world.instants).toEqual(["01-31 13:00"]);
    expect(world.told("schedule-failed")).toHaveLength(1);
  });

  it("tells once of a store that ignores conditions, and fires there only once by itself", async () => {
    const world = noon(hourly, new CarelessStore());
    const first = new Machine(world);
    await world.clock.advance(HOUR_MS);
    await first.stop();
    const second = new Machine(world);
    world.clock.jump(-10 * MINUTE_MS);
    await world.clock.advance(HOUR_MS);
    await second.stop();
    expect(world.instants).toEqual(["01-31 13:00"]);
    // Once by each of the two.
    expect(world.told("store-unfit")).toHaveLength(2);
  });

  it("notices within an hour that a store has ceased to keep conditions", async () => {
    const store = new FickleStore();
    const world = noon(hourly, store);
    const steady = vi.spyOn(performance, "now").mockImplementation(world.clock.now);
    onTestFinished(() => steady.mockRestore());
    const machine = new Machine(world);
    await world.clock.advance(HOUR_MS);
    expect(world.told("store-unfit")).toEqual([]);
    store.isCareless = true;
    await world.clock.advance(2 * HOUR_MS);
    await machine.stop();
    expect(world.told("store-unfit")).toHaveLength(1);
  });
});

import { expect, test } from "vitest";
import { instantsBetween } from "../../src/schedule/planned-instants.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { FaultyStore } from "../fakes/faulty-store.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { instantsByBruteForce, type OracleFields } from "./oracle.ts";
import { aSchedule, DAY_MS, HOUR_MS, Machine, SchedulerWorld } from "./scheduler-world.ts";

const MINUTE_MS = 60_000;
const MACHINES = 3;
const days = Number(process.env["HEX_TEST_DAYS"] ?? 730);
const seed = Number(process.env["HEX_TEST_SEED"] ?? Date.now() % 1_000_000);

const values = (from: number, until: number, step = 1): ReadonlySet<number> =>
  new Set(Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, i) => from + i * step));
const anyDay = { day: "any", month: values(1, 12), weekday: "any" } as const;

/** Schedules in the hours in which clocks change, and what they mean. */
const PLANS: readonly (readonly [name: string, cron: string, fields: OracleFields])[] = [
  [
    "hourly",
    "15 * * * *",
    { ...anyDay, minute: values(15, 15), hour: values(0, 23), isEveryHour: true },
  ],
  [
    "nightly",
    "30 2 * * *",
    { ...anyDay, minute: values(30, 30), hour: values(2, 2), isEveryHour: false },
  ],
  [
    "sundays",
    "*/20 0-3 * * 0",
    {
      ...anyDay,
      minute: values(0, 59, 20),
      hour: values(0, 3),
      weekday: values(0, 0),
      isEveryHour: false,
    },
  ],
];

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "America/Santiago",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Africa/Cairo",
];

function schedulesIn(timezone: string): Schedule[] {
  return PLANS.map(([name, cron]) => aSchedule(cron, { name, timezone, overlap: "queue" }));
}

function filedOf(world: SchedulerWorld, name: string): number[] {
  return [...world.filed.values()]
    .filter(({ schedule }) => schedule.name === name)
    .map(({ instant }) => Date.parse(instant))
    .sort((one, other) => one - other);
}

function missedOf(world: SchedulerWorld, name: string): number {
  let missed = 0;
  for (const event of world.events) {
    if (event.type === "schedule-missed" && event.schedule === name) missed += event.missed;
  }
  return missed;
}

test.each(ZONES)("three machines fire each instant of two years in %s once", async (timezone) => {
  const start = "2026-01-01T00:00:00Z";
  const random = seededRandom(seed);
  const memory = new MemoryStore();
  const store = new FaultyStore(memory, { random, percent: () => 0 });
  const schedules = schedulesIn(timezone);
  const longestSleepMs = 20 * MINUTE_MS;
  const world = new SchedulerWorld({ schedules, start, store, longestSleepMs });
  const machines = Array.from({ length: MACHINES }, () => new Machine(world));
  let [kills, storms] = [0, 0];
  const restart = async (index: number, steps: number) => {
    machines[index]?.kill(steps);
    await world.clock.advance(random() * 5 * MINUTE_MS);
    machines[index]?.kill();
    machines[index] = new Machine(world);
    kills++;
  };
  for (let day = 0; day < days; day++) {
    const beforeMs = random() * DAY_MS * 0.8;
    await world.clock.advance(beforeMs);
    const dayStartMs = world.clock.now() - beforeMs;
    if (random() < 0.3) await restart(Math.floor(random() * MACHINES), Math.floor(random() * 12));
    if (random() < 0.03) {
      storms++;
      for (let each = 0; each < 12; each++)
        await restart(each % MACHINES, Math.floor(random() * 12));
    }
    await world.clock.advance(dayStartMs + DAY_MS - world.clock.now());
  }
  for (const machine of machines) await machine.stop();
  const untilMs = world.clock.now();
  const told = `seed ${seed}`;
  let planned = 0;
  for (const [name, , fields] of PLANS) {
    const expected = instantsByBruteForce(fields, timezone, {
      fromMs: Date.parse(start) + 1,
      untilMs,
    });
    expect(filedOf(world, name), told).toEqual(expected);
    planned += expected.length;
  }
  expect(world.filed.size, told).toBe(planned);
  console.log(
    `${timezone}: ${planned} instants, ${kills} kills in ${storms} storms and else, ${told}`,
  );
});

test("what is neither filed nor counted as missed does not exist, whatever goes wrong", async () => {
  const random = seededRandom(seed);
  const start = "2026-10-20T00:00:00Z";
  const schedules = schedulesIn("Europe/Berlin");
  let [filed, missed, faults] = [0, 0, 0];
  for (let round = 0; round < 10; round++) {
    const store = new FaultyStore(new MemoryStore(), {
      random,
      percent: (key) => (key.startsWith(".hex/ticks/") ? 20 : 0),
    });
    const world = new SchedulerWorld({ schedules, start, store, longestSleepMs: 5 * MINUTE_MS });
    let machines = Array.from({ length: MACHINES }, () => new Machine(world));
    for (let hours = 0; hours < 7 * 24; hours += 8) {
      await world.clock.advance(6 * HOUR_MS);
      // All rest for a while, so that there is something to catch up with.
      for (const machine of machines) machine.kill(Math.floor(random() * 4));
      await world.clock.advance(HOUR_MS / 2);
      for (const machine of machines) machine.kill();
      machines = Array.from({ length: MACHINES }, () => new Machine(world));
      await world.clock.advance(1.5 * HOUR_MS);
    }
    for (const machine of machines) await machine.stop();
    const nowMs = world.clock.now();
    for (const schedule of schedules) {
      const instants = filedOf(world, schedule.name);
      expect(new Set(instants).size, `seed ${seed}`).toBe(instants.length);
      const last = instants.at(-1) ?? 0;
      const planned = instantsBetween(schedule, Date.parse(start), Math.min(last, nowMs));
      expect(planned, `seed ${seed}`).toEqual(expect.arrayContaining(instants));
      filed += instants.length;
      missed += missedOf(world, schedule.name);
    }
    faults += [...store.counts.values()].reduce((sum, count) => sum + count, 0);
  }
  expect(filed).toBeGreaterThan(0);
  console.log(`${filed} filed, ${missed} told as missed, ${faults} faults, seed ${seed}`);
});

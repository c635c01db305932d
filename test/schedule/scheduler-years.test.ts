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
/** Two years take minutes; these weeks hold the change of clocks of each place. */
const days = Number(process.env["HEX_TEST_DAYS"] ?? 24);
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

/** Each with the day to begin at, a week or two before its clocks change. */
const PLACES: readonly (readonly [timezone: string, day: string])[] = [
  ["Europe/Berlin", "2026-03-18"],
  ["America/New_York", "2026-10-20"],
  ["America/Santiago", "2026-03-25"],
  ["Australia/Lord_Howe", "2026-03-25"],
  // back after Ramadan
  ["Africa/Casablanca", "2026-03-10"],
  ["Africa/Cairo", "2026-04-13"],
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

/** The instants that are in one list more often than in the other. */
function differences(filed: readonly number[], planned: readonly number[]): string[] {
  const counts = new Map<number, number>();
  for (const instant of filed) counts.set(instant, (counts.get(instant) ?? 0) + 1);
  for (const instant of planned) counts.set(instant, (counts.get(instant) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([instant, count]) => `${new Date(instant).toISOString()} by ${count}`);
}

function missedOf(world: SchedulerWorld, name: string): number {
  let missed = 0;
  for (const event of world.events) {
    if (event.type === "schedule-missed" && event.schedule === name) missed += event.missed;
  }
  return missed;
}

test.each(PLACES)(
  "three machines fire each instant in %s from %s on once, killed at any moment",
  async (timezone, day) => {
    const start = `${day}T00:00:00Z`;
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
    for (let passed = 0; passed < days; passed++) {
      const beforeMs = random() * DAY_MS * 0.8;
      await world.clock.advance(beforeMs);
      const dayStartMs = world.clock.now() - beforeMs;
      if (random() < 0.3) await restart(Math.floor(random() * MACHINES), Math.floor(random() * 12));
      if (random() < 0.06) {
        storms++;
        for (let each = 0; each < 12; each++)
          await restart(each % MACHINES, Math.floor(random() * 12));
      }
      await world.clock.advance(dayStartMs + DAY_MS - world.clock.now());
    }
    await world.clock.advance(2 * MINUTE_MS);
    for (const machine of machines) await machine.stop();
    const fromMs = Date.parse(start) + MINUTE_MS;
    const untilMs = world.clock.now();
    const told = `seed ${seed}`;
    let planned = 0;
    for (const [name, , fields] of PLANS) {
      const expected = instantsByBruteForce(fields, timezone, { fromMs, untilMs });
      expect(differences(filedOf(world, name), expected), told).toEqual([]);
      planned += expected.length;
    }
    expect(world.filed.size, told).toBe(planned);
    console.log(
      `${timezone}: ${planned} instants, ${kills} kills in ${storms} storms and else, ${told}`,
    );
  },
);

/** A week in which the three of them die together three times a day, while every fifth call fails. */
async function hardWeek(random: () => number, schedules: readonly Schedule[]) {
  const store = new FaultyStore(new MemoryStore(), {
    random,
    percent: (key) => (key.startsWith(".hex/ticks/") ? 20 : 0),
  });
  const start = "2026-10-20T00:00:00Z";
  const world = new SchedulerWorld({ schedules, start, store, longestSleepMs: 5 * MINUTE_MS });
  const startAll = () => Array.from({ length: MACHINES }, () => new Machine(world));
  let machines = startAll();
  for (let hours = 0; hours < 7 * 24; hours += 8) {
    await world.clock.advance(3 * HOUR_MS);
    for (const machine of machines) machine.kill(Math.floor(random() * 4));
    await world.clock.advance(3.5 * HOUR_MS);
    for (const machine of machines) machine.kill();
    machines = startAll();
    await world.clock.advance(1.5 * HOUR_MS);
  }
  for (const machine of machines) await machine.stop();
  const faults = [...store.counts.values()].reduce((sum, count) => sum + count, 0);
  return { world, faults, startMs: Date.parse(start) };
}

test(
  "no instant fires twice, and none that is not planned, whatever goes wrong",
  async () => {
    const random = seededRandom(seed);
    const schedules = schedulesIn("Europe/Berlin");
    let [filed, missed, faults] = [0, 0, 0];
    for (let week = 0; week < 3; week++) {
      const { world, startMs, ...met } = await hardWeek(random, schedules);
      faults += met.faults;
      for (const schedule of schedules) {
        const instants = filedOf(world, schedule.name);
        const planned = instantsBetween(schedule, startMs, world.clock.now());
        expect(new Set(instants).size, `seed ${seed}`).toBe(instants.length);
        expect(planned, `seed ${seed}`).toEqual(expect.arrayContaining(instants));
        filed += instants.length;
        missed += missedOf(world, schedule.name);
      }
    }
    expect(filed).toBeGreaterThan(0);
    expect(missed).toBeGreaterThan(0);
    expect(faults).toBeGreaterThan(0);
    console.log(`${filed} filed, ${missed} told as missed, ${faults} faults, seed ${seed}`);
  },
  120_000 + days * 1_000,
);

import fc from "fast-check";
import { expect, test } from "vitest";
import { cronFault } from "../../src/schedule/cron.ts";
import {
  instantsBetween,
  MISSED_COUNTED,
  nextInstant,
  planDue,
} from "../../src/schedule/planned-instants.ts";
import { anyCron } from "./any-cron.ts";
import { instantsByBruteForce } from "./oracle.ts";

const DAY_MS = 86_400_000;

/** Days on which something happens to the clocks, and some on which nothing does. */
const PLACES: readonly (readonly [timezone: string, day: string])[] = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  // over midnight
  ["America/Sao_Paulo", "2018-11-04"],
  ["America/Sao_Paulo", "2019-02-17"],
  ["Africa/Cairo", "2026-04-24"],
  ["America/Havana", "2026-11-01"],
  // by half an hour
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  // by two hours
  ["Antarctica/Troll", "2026-03-29"],
  ["Antarctica/Troll", "2026-10-25"],
  // around Ramadan
  ["Africa/Casablanca", "2026-02-15"],
  ["Africa/Casablanca", "2026-03-22"],
  // a day that never was
  ["Pacific/Apia", "2011-12-30"],
  ["Pacific/Apia", "2012-04-01"],
  // for good
  ["Asia/Pyongyang", "2018-05-05"],
  ["America/Caracas", "2016-05-01"],
  ["Asia/Kathmandu", "2026-03-29"],
  ["America/St_Johns", "2026-03-08"],
  ["Europe/Dublin", "2026-10-25"],
  ["UTC", "2028-02-29"],
];

const runs = Number(process.env["HEX_TEST_CASES"] ?? 150);

test.each(PLACES)("plans in %s around %s what its clocks say", (timezone, day) => {
  const fromMs = Date.parse(day) - DAY_MS - 12 * 3_600_000;
  const untilMs = fromMs + 4 * DAY_MS;
  let counted = 0;
  fc.assert(
    fc.property(anyCron, ({ cron, fields }) => {
      fc.pre(cronFault(cron) === undefined);
      const planned = instantsBetween({ cron, timezone }, fromMs - 1, untilMs - 1);
      expect(planned).toEqual(instantsByBruteForce(fields, timezone, { fromMs, untilMs }));
      counted += planned.length;
    }),
    { numRuns: Math.max(10, Math.ceil(runs / 10)) },
  );
  expect(counted).toBeGreaterThan(0);
});

test("gives the same instants one by one as all at once", () => {
  fc.assert(
    fc.property(anyCron, fc.constantFrom(...PLACES), ({ cron }, [timezone, day]) => {
      fc.pre(cronFault(cron) === undefined);
      const fromMs = Date.parse(day) - DAY_MS / 2;
      const all = instantsBetween({ cron, timezone }, fromMs, fromMs + 30 * DAY_MS, 10);
      const stepped = all.map((_, index) =>
        nextInstant({ cron, timezone }, all[index - 1] ?? fromMs),
      );
      expect(stepped).toEqual(all);
    }),
    { numRuns: Math.max(10, Math.ceil(runs / 10)) },
  );
});

/** `MM-DD hh:mm` in UTC. */
function plan(cron: string, timezone: string, from: string, until: string): string[] {
  return instantsBetween({ cron, timezone }, Date.parse(from), Date.parse(until)).map((instant) =>
    new Date(instant).toISOString().slice(5, 16).replace("T", " "),
  );
}

test("fires once, when the clocks jump, for all that is planned in the hour they skip", () => {
  expect(plan("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", "2026-03-29T12:00Z")).toEqual([
    "03-29 01:00",
  ]);
});

test("fires in the first of two equal hours", () => {
  expect(plan("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T12:00Z")).toEqual([
    "10-25 00:30",
  ]);
});

test("fires every hour of the day, when it is to, whatever the clocks do", () => {
  const spring = plan("0 * * * *", "Europe/Berlin", "2026-03-29T00:30Z", "2026-03-29T02:30Z");
  const autumn = plan("0 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", "2026-10-25T02:30Z");
  expect(spring).toEqual(["03-29 01:00", "03-29 02:00"]);
  expect(autumn).toEqual(["10-25 00:00", "10-25 01:00", "10-25 02:00"]);
});

test("fires for a whole day that a place left out when the next one begins", () => {
  expect(plan("0 9 * * *", "Pacific/Apia", "2011-12-29T20:00Z", "2011-12-30T20:00Z")).toEqual([
    "12-30 10:00",
    "12-30 19:00",
  ]);
});

test("fires on the last day of each month, and on leap days only in leap years", () => {
  expect(plan("0 6 L * *", "UTC", "2027-01-15T00:00Z", "2027-04-15T00:00Z")).toEqual([
    "01-31 06:00",
    "02-28 06:00",
    "03-31 06:00",
  ]);
  const leap = nextInstant({ cron: "0 0 29 2 *", timezone: "UTC" }, Date.UTC(2096, 2, 1));
  expect(leap).toBe(Date.UTC(2104, 1, 29));
});

test("takes the latest of what is due, and counts the others as missed", () => {
  const hourly = { cron: "0 * * * *", timezone: "UTC" };
  const noon = Date.UTC(2026, 0, 31, 12);
  expect(planDue(hourly, noon, noon + 59 * 60_000)).toBeUndefined();
  expect(planDue(hourly, noon, noon + 3_600_000)).toEqual({
    instantMs: noon + 3_600_000,
    missed: 0,
  });
  expect(planDue(hourly, noon - DAY_MS, noon)).toEqual({ instantMs: noon, missed: 23 });
});

test("finds the latest of years of minutes, and counts no further than it says", () => {
  const now = Date.UTC(2026, 0, 31, 12, 0, 30);
  const due = planDue({ cron: "* * * * *", timezone: "UTC" }, Date.UTC(2020, 0, 1), now);
  expect(due).toEqual({ instantMs: now - 30_000, missed: MISSED_COUNTED });
  const bursts = { cron: "* * 1 1 *", timezone: "UTC" };
  expect(planDue(bursts, Date.UTC(2020, 5, 1), now)?.instantMs).toBe(Date.UTC(2026, 0, 1, 23, 59));
});

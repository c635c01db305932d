import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/project/config.ts";

const nightly = { name: "nightly", cron: "30 2 * * *" };

function parse(...schedules: object[]) {
  return parseConfig({ name: "Test", schedules }, "/project").schedules;
}

function faultsOf(...schedules: object[]): string[] {
  try {
    parse(...schedules);
  } catch (error) {
    return error instanceof Error ? error.message.split("\n") : [];
  }
  return [];
}

describe("a schedule", () => {
  it("gets its defaults", () => {
    expect(parse(nightly)).toEqual([
      {
        ...nightly,
        timezone: "UTC",
        context: "scheduled",
        inputs: {},
        overlap: "skip",
        compute: "all",
      },
    ]);
  });

  it.each([
    "daily",
    "@daily",
    "* * * * * *",
    "* * * *",
    "",
    "0  2 * * *",
    "? * * * *",
    "0 2 * * +MON",
  ])("is refused when %j is not five fields", (cron) => {
    expect(faultsOf({ ...nightly, cron })).toEqual([
      `Expected \`schedules[0].cron\` in hex.config.json to be five fields (minute, hour, day of the month, month, weekday), as in 30 6 * * MON-FRI, got ${JSON.stringify(cron)}`,
    ]);
  });

  it.each(["60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "5-3 * * * *", "*/0 * * * *"])(
    "is refused when %s is out of range, with the reason",
    (cron) => {
      expect(faultsOf({ ...nightly, cron })[0]).toMatch(
        /`schedules\[0\]\.cron` .* to be five fields .* \(.+\), got/,
      );
    },
  );

  it.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *"])("is refused when no day is ever %s", (cron) => {
    expect(faultsOf({ ...nightly, cron })[0]).toContain("to be for a day that the calendar has");
  });

  it("is refused when its text is long, at once", () => {
    const cron = "1,".repeat(5_000);
    expect(faultsOf({ ...nightly, cron })).toHaveLength(1);
    expect(faultsOf({ ...nightly, cron })[0]).toContain("to be at most 100 characters long");
  });

  it.each(["Mars/Olympus", "+01:00", "", "local", "../etc", "A".repeat(10_000)])(
    "is refused in the time zone %j",
    (timezone) => {
      expect(faultsOf({ ...nightly, timezone })[0]).toContain(
        "`schedules[0].timezone` in hex.config.json to be a time zone of the IANA list",
      );
    },
  );

  it.each(["Nightly", "a/b", "..", "nul", "com1", "", "1st", "a".repeat(65)])(
    "is refused under the name %j",
    (name) => {
      expect(faultsOf({ ...nightly, name })[0]).toContain("`schedules[0].name` in hex.config.json");
    },
  );

  it("is refused under a name that another one has", () => {
    expect(faultsOf(nightly, { ...nightly, cron: "0 3 * * *" })).toEqual([
      'Expected `schedules[1].name` in hex.config.json to be a name that no other schedule has, got "nightly"',
    ]);
  });

  it("tells all its faults at once", () => {
    const faults = faultsOf({ name: "A", cron: "x", timezone: "y", context: "z", overlap: "w" });
    expect(faults).toHaveLength(5);
  });
});

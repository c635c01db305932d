import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { runSchedules } from "../../src/work/project-schedules.ts";
import { hexJson } from "../cli/hex.ts";
import { until } from "./project-processes.ts";
import { workerProject } from "./worker-project.ts";

const config = {
  schedules: [
    { name: "nightly", cron: "30 2 * * *", context: "logic", inputs: { act: "print:nightly" } },
    { name: "glance", cron: "0 3 * * *", inputs: { act: "print:nightly" } },
  ],
};

it("files a run for an instant of a schedule, which a worker carries out", async () => {
  const { runs, untilEnded, workHere } = await workerProject({ config });
  const stop = new AbortController();
  // Two minutes before the instant; the clock then goes as fast as somebody sleeps by it.
  let now = Date.parse("2026-03-04T02:28:00Z");
  const clock = {
    now: () => now,
    sleep: async (ms: number, signal: AbortSignal) => {
      now += Math.min(ms, Math.max(0, Date.parse("2026-03-04T02:40:00Z") - now));
      await wait(20, undefined, { signal });
    },
  };
  const keeping = runSchedules(runs, { signal: stop.signal, onEvent: () => {}, clock });
  await until("the run is filed", async () => (await listed()).length === 1);
  stop.abort();
  await keeping;
  workHere();
  const [filed] = await listed();
  expect(await untilEnded(filed?.runId ?? "")).toMatchObject({
    context: "logic",
    trigger: "schedule",
    occasion: { schedule: "nightly", instant: "2026-03-04T02:30:00.000Z" },
    inputs: { act: "print:nightly" },
    state: "completed",
    isPublisher: true,
  });

  async function listed() {
    return (await runs.history.list({ limit: 10 })).runs;
  }
});

it.each([
  [["logic"], "read", false],
  [["logic", "scheduled"], "computed", true],
])(
  "lets computeIn %j decide that a scheduled run has its frame %s",
  async (computeIn, status, isPublisher) => {
    const { directory, submit, untilEnded, workHere } = await workerProject({
      config: { ...config, computeIn },
    });
    workHere();
    await untilEnded(await submit("print:nightly"));
    const flags = ["schedule", "run", "glance", "--project", directory];
    const { runId } = (await hexJson(flags)).result;
    expect(await untilEnded(runId)).toMatchObject({
      context: "scheduled",
      trigger: "schedule",
      state: "completed",
      isPublisher,
      cells: [{ name: "act" }, { name: "work", status }],
    });
  },
);

it("has a schedule's runs compute only what has changed, when it says so", async () => {
  const inputs = { act: "print:nightly" };
  const { directory, untilEnded, workHere } = await workerProject({
    config: {
      schedules: [
        { name: "partial", cron: "0 3 * * *", context: "logic", compute: "changed", inputs },
      ],
    },
  });
  workHere();
  const runOnce = async () => {
    const { result } = await hexJson(["schedule", "run", "partial", "--project", directory]);
    return untilEnded(result.runId);
  };
  expect(await runOnce()).toMatchObject({ compute: "changed", version: 1, isPublisher: true });
  expect(await runOnce()).toMatchObject({
    ...{ state: "completed", version: 1, isPublisher: false },
    cells: expect.arrayContaining([expect.objectContaining({ status: "kept", keptSince: 1 })]),
  });
}, 60_000);

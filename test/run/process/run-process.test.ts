import { existsSync, readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { HexError } from "../../../src/errors.ts";
import { toCrashError } from "../../../src/run/process/process-ending.ts";
import { giveTask, PATIENT, runTask, startTasks } from "./run-task.ts";

it("gives what the task came to", async () => {
  const value = { rows: 3, names: ["a", "ü"], none: null };
  const { ending } = await runTask("echo", value);
  expect(ending).toMatchObject({ status: "done", stop: null, survivors: [] });
  expect(ending).toMatchObject({ status: "done", value });
});

it("gives an expected failure by its code", async () => {
  const { ending } = await runTask("fail-expectedly");
  expect(ending).toMatchObject({
    status: "failed",
    code: "HEX_NOT_COMPUTED",
    message: "Expected it to be computed, got nothing",
  });
});

it("tells events in order, of progress only some, and always the last before its cell's end", async () => {
  const { events } = await runTask("tell");
  const types = events.map(({ type }) => type);
  expect(types[0]).toBe("cell-started");
  expect(types.slice(-3)).toEqual(["cell-progressed", "cell-ended", "line-logged"]);
  expect(events.at(-3)).toMatchObject({ fraction: 1, message: "1000" });
  expect(events.at(-1)).toMatchObject({ line: "first\\nforged" });
  expect(events.length).toBeLessThan(100);
});

it("answers what the task asks", async () => {
  const onCall = async (name: string, payload: unknown) => [name, Number(payload) * 2];
  const { ending } = await runTask("ask", 21, { onCall });
  expect(ending).toMatchObject({ status: "done", value: ["double", 42] });
});

it("answers a call with an expected failure", async () => {
  const onCall = async () => {
    throw new HexError("HEX_RUN_SUPERSEDED", "another one was faster");
  };
  const { ending } = await runTask("ask-in-vain", null, { onCall });
  expect(ending).toMatchObject({
    status: "done",
    value: ["HEX_RUN_SUPERSEDED", "another one was faster"],
  });
});

it("throws what a hook threw that is no expected failure, once the process is gone", async () => {
  const bug = new Error("a bug of the caller");
  const process = await startTasks();
  const onCall = () => Promise.reject(bug);
  await expect(giveTask(process, "ask", 1, { onCall })).rejects.toBe(bug);
  expect(isThere(process.pid)).toBe(false);
});

it("throws what a hook threw about a line", async () => {
  const onLine = () => {
    throw new Error("a bug of the caller");
  };
  await expect(runTask("loop", null, { onLine })).rejects.toThrow("a bug of the caller");
});

it("tells a task what it did not ask for", async () => {
  const process = await startTasks();
  const onLine = () => process.note("lease-lost", { by: "another" });
  const { ending } = await giveTask(process, "await-note", null, { onLine });
  expect(ending).toMatchObject({ value: { by: "another" } });
});

it("hands on the environment it was given, and its own mark, but nothing else", async () => {
  const { ending } = await runTask("environment", null, {}, { environment: { ONLY: "this" } });
  expect(ending).toMatchObject({
    value: { ONLY: "this", HEX_PROCESS_MARK: expect.any(String) },
  });
  const value = ending.status === "done" && ending.value;
  expect(Object.keys(value || {})).toHaveLength(2);
});

it("runs at a lower priority than ours, in all of its threads", async () => {
  const started = await startTasks();
  await started.ready;
  const threads = readdirSync(`/proc/${started.pid}/task`).map(Number);
  expect(threads.length).toBeGreaterThan(2);
  for (const thread of threads) expect(getPriority(thread)).toBeGreaterThan(getPriority());
});

/** Whether the system shares the processor out among sessions before it heeds priorities. */
const hasSessions =
  existsSync("/proc/sys/kernel/sched_autogroup_enabled") &&
  readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "utf8").trim() === "1";

it.runIf(hasSessions)(
  "is behind others as a session, with programs below, if told so",
  async () => {
    const before = readFileSync("/proc/self/autogroup", "utf8");
    const { ending } = await runTask(
      "session-priorities",
      null,
      {},
      {
        ...PATIENT,
        isBehindOthers: true,
      },
    );
    expect(ending).toMatchObject({ status: "done", value: { own: 10, below: 10 } });
    expect(readFileSync("/proc/self/autogroup", "utf8")).toBe(before);
  },
);

it("keeps the channel to the parent from cells", async () => {
  const { ending } = await runTask("find-channel");
  expect(ending).toMatchObject({ value: "undefined" });
});

it("does not wait for timers that a task leaves behind", async () => {
  const { ending } = await runTask("leave-timers");
  expect(ending).toMatchObject({ status: "done", value: "done" });
});

it("ends a process that has given its answer but does not exit", async () => {
  const { ending } = await runTask("hang-at-exit");
  expect(ending).toMatchObject({ status: "done", value: "done" });
});

it("takes one task", async () => {
  const process = await startTasks();
  await giveTask(process, "echo");
  await expect(giveTask(process, "echo")).rejects.toThrow("takes one task");
});

it("waits prepared, and leaves nothing when it is killed", async () => {
  const process = await startTasks();
  await process.ready;
  expect(isThere(process.pid)).toBe(true);
  await process.kill();
  expect(isThere(process.pid)).toBe(false);
});

it("gives no task to a run that is cancelled already", async () => {
  const { ending } = await runTask("echo", 1, { signal: AbortSignal.abort() });
  expect(ending).toMatchObject({ status: "crashed", cause: { reason: "cancelled" } });
});

it("tells of a folder that is not there", async () => {
  const process = await startTasks({ directory: "/nowhere/at/all" });
  await expect(process.ready).rejects.toMatchObject({ code: "HEX_RUN_CRASHED" });
  const { ending } = await giveTask(process, "echo");
  expect(ending).toMatchObject({ cause: { reason: "failed-to-start" } });
  expect(ending.status === "crashed" && toCrashError(ending.cause).message).toMatch(
    /^Expected the run's process to be ready to run cells, got spawn .* ENOENT/,
  );
});

it("tells of a program that cannot be loaded", async () => {
  const program = pathToFileURL(join(import.meta.dirname, "missing.mjs"));
  const { ending, stderr } = await runTask("echo", null, {}, { program });
  expect(ending).toMatchObject({ cause: { reason: "failed-to-start", exitCode: 1 } });
  expect(ending.status === "crashed" && toCrashError(ending.cause).message).toContain(
    "missing.mjs",
  );
  expect(stderr.join("\n")).toContain("MODULE_NOT_FOUND");
});

it("leaves neither processes nor open files after 20 runs", async () => {
  await runTask("echo");
  const before = readdirSync("/proc/self/fd").length;
  for (let run = 0; run < 20; run++) await runTask("echo", run);
  // What a process leaves in our hands is let go of once it is gone, not in the same moment.
  await expect.poll(() => readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(before);
});

function isThere(pid = 0): boolean {
  return readdirSync("/proc").includes(`${pid}`);
}

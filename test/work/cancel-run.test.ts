import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { identifyProcess } from "../../src/store/holder.ts";
import { openRunKey } from "../../src/store/key.ts";
import { listVersions } from "../../src/store/versions.ts";
import { cancelRecordedRun } from "../../src/work/recover-runs.ts";
import { hex, hexJson } from "../cli/hex.ts";
import { queuedRun, toRunning } from "../run/history/records.ts";
import { findSleepers } from "../run/process/find-sleepers.ts";
import { findRunProcesses } from "./chaos-world.ts";
import { until } from "./project-processes.ts";
import { SHORT_LEASE_MS, type WorkerProject, workerProject } from "./worker-project.ts";

it("takes back a run that waits: it never goes", async () => {
  const project = await workerProject();
  const runId = await project.submit("print");
  expect(await cancel(project, runId)).toBe("cancelled");
  expect(await project.runs.history.read(runId)).toMatchObject({
    state: "cancelled",
    attempts: [],
    error: { code: "HEX_CANCELLED" },
  });
  project.workHere();
  const other = await project.submit("print:2");
  await project.untilEnded(other);
  expect((await project.computes()).map(({ act }) => act)).toEqual(["print:2"]);
});

it("stops a run that goes in a terminal, which says so, and publishes nothing", async () => {
  const { directory, runs, computes } = await workerProject();
  const args = [command, "run", "--project", directory, "--input", "act=polite", "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const printed = text(child.stdout);
  await until("the cell goes", async () => (await computes()).length === 1);
  let runId = "";
  // No run waits for its record.
  await until("the run is known", async () => {
    const { runs: listed } = await runs.history.list({ limit: 1 });
    runId = listed[0]?.runId ?? "";
    return runId !== "";
  });
  const { stdout } = await hex(["runs", "cancel", runId, "--project", directory]);
  // It may have stopped by then.
  expect(stdout).toMatch(/^The run is (asked to stop|cancelled)/);
  const { status, error } = JSON.parse(await printed);
  expect([status, error.code]).toEqual(["cancelled", "HEX_CANCELLED"]);
  expect(error.message).toContain("got a cancellation from elsewhere");
  expect(await runs.history.read(runId)).toMatchObject({ state: "cancelled", version: null });
  expect(await listVersions(runs.store)).toEqual([]);
});

it("cancels at once what a terminal has left that was killed", async () => {
  const project = await workerProject();
  const { runs } = project;
  const run = toRunning(queuedRun(Date.now(), { isQueued: false }));
  await runs.history.accept(run);
  const mark = { format: 1, process: identifyProcess().replace(/[^.]*$/, "1"), beat: 5 };
  await runs.store.write(openRunKey(run.runId), new TextEncoder().encode(JSON.stringify(mark)));
  expect(await cancel(project, run.runId)).toBe("cancelled");
  expect((await runs.history.read(run.runId))?.state).toBe("cancelled");
});

it("says so when an older build carries a run out, which hears of nothing", async () => {
  const project = await workerProject();
  const { runs } = project;
  const run = toRunning(queuedRun(Date.now(), { isQueued: false }));
  await runs.history.accept(run);
  await runs.store.write(openRunKey(run.runId), new TextEncoder().encode("not ended\n"));
  expect(await cancel(project, run.runId)).toBe("untold");
  expect((await runs.history.read(run.runId))?.state).toBe("running");
});

const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));

/** Digits by which this run of the tests knows its sleepers from those of any other. */
const SLEEPERS = `${randomInt(2 ** 47)}`;

it.each([
  ["polite", "polite"],
  ["spin", "spin"],
  ["tree", `tree:${SLEEPERS}`],
])("stops a run that goes, with all it has started: %s", async (kind, act) => {
  const project = await workerProject();
  const { runs, directory, submit, untilEnded } = project;
  project.workHere({ leaseMs: SHORT_LEASE_MS });
  const runId = await submit(act);
  await until("the cell goes", async () => (await project.computes()).length === 1);
  if (kind === "tree") {
    await until("its children go", () => findSleepers(SLEEPERS).length === 2);
  }
  expect(await cancel(project, runId)).toBe("requested");
  const record = await untilEnded(runId);
  expect(record).toMatchObject({
    state: "cancelled",
    version: null,
    error: { code: "HEX_CANCELLED" },
  });
  expect(record.attempts).toHaveLength(1);
  expect(await listVersions(runs.store)).toEqual([]);
  expect(findSleepers(SLEEPERS)).toEqual([]);
  const [victim] = await project.computes();
  expect(findRunProcesses(directory)).not.toContain(victim?.pid);
  await expect.poll(async () => (await runs.queue.find(runId))?.state).toBe("cancelled");
  // Whoever comes next gets the lease, at the latest when that of a killed process has run out.
  expect(await untilEnded(await submit("print"))).toMatchObject({ state: "completed" });
});

it("stops a run that waits for the project's lease, which is not taken later either", async () => {
  const project = await workerProject();
  const { submit, untilRun, untilEnded, runs, write } = project;
  project.workHere();
  const first = await submit("gate:1");
  await until("the cell goes", async () => (await project.computes()).length === 1);
  const second = await submit("gate:2");
  await until("the second one waits", async () => {
    const lines = await runs.history.readLog(second);
    return lines.some(({ text }) => text.startsWith("waiting for "));
  });
  await cancel(project, second);
  expect(await untilEnded(second)).toMatchObject({ state: "cancelled" });
  await write("gate-1", "");
  expect(await untilEnded(first)).toMatchObject({ state: "completed" });
  const third = await submit("print");
  await untilRun(third, ({ state }) => state === "completed");
  expect((await project.computes()).map(({ act }) => act)).toEqual(["gate:1", "print"]);
});

it("tells of a run that is asked to stop twice, and of one that has ended", async () => {
  const project = await workerProject();
  const { submit, untilEnded, runs } = project;
  const waiting = await submit("print");
  expect(await cancel(project, waiting)).toBe("cancelled");
  expect(await cancel(project, waiting)).toBe("ended");
  project.workHere();
  const going = await submit("polite");
  await until("the cell goes", async () => (await project.computes()).length === 1);
  expect([await cancel(project, going), await cancel(project, going)]).toEqual([
    "requested",
    "requested",
  ]);
  await untilEnded(going);
  expect(await cancel(project, going)).toBe("ended");
  const ended = await untilEnded(await submit("print:2"));
  expect(await cancel(project, ended.runId)).toBe("ended");
  expect(await runs.history.read(ended.runId)).toEqual(ended);
});

it("brings to its end a run whose cancellation was cut off before history was told", async () => {
  const project = await workerProject();
  const runId = await project.submit("print");
  await project.runs.queue.cancel(runId);
  expect(await cancel(project, runId)).toBe("ended");
  expect(await project.runs.history.read(runId)).toMatchObject({ state: "cancelled" });
});

it("is at hand as hex runs cancel", async () => {
  const { directory, submit } = await workerProject();
  const runId = await submit("print");
  const flags = ["runs", "cancel", runId.slice(0, 13), "--project", directory];
  expect((await hexJson(flags)).result).toEqual({ runId, cancellation: "cancelled" });
  const again = await hex(flags);
  expect([again.exitCode, again.stdout]).toEqual([0, "The run had already ended: cancelled.\n"]);
});

async function cancel({ runs }: WorkerProject, runId: string) {
  const record = await runs.history.read(runId);
  if (record === undefined) throw new Error(`run ${runId} is known`);
  return cancelRecordedRun(runs, record);
}

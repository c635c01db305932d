import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { keysOf, newRunId } from "../../src/run/history/run-id.ts";
import { MarkWatch } from "../../src/run/history/run-mark.ts";
import { identifyProcess } from "../../src/store/holder.ts";
import { openRunKey } from "../../src/store/key.ts";
import type { ProjectRuns } from "../../src/work/project-runs.ts";
import { recoverRunsOnce } from "../../src/work/recover-runs.ts";
import { hex } from "../cli/hex.ts";
import { queuedRun, toCompleted, toRunning } from "../run/history/records.ts";
import { until } from "./project-processes.ts";
import { openRuns, workerProject } from "./worker-project.ts";

const LATER_MS = 60_000;

it("puts accepted runs into the queue again when its file is lost, and all of them end", async () => {
  const { directory, submit, untilEnded, runs, workHere } = await workerProject();
  const ids = [await submit("print:1"), await submit("print:2"), await submit("throw")];
  await runs.queue.close();
  for (const ending of ["", "-wal", "-shm"]) {
    await rm(join(directory, `.hex/queue.db${ending}`), { force: true });
  }
  const afterwards = await openRuns(directory);
  expect(await afterwards.queue.count()).toMatchObject({ run: { queued: 0 } });
  await heal(afterwards);
  expect(await afterwards.queue.count()).toMatchObject({ run: { queued: 3 } });
  workHere();
  const records = await Promise.all(ids.map(untilEnded));
  expect(records.map(({ state }) => state)).toEqual(["completed", "completed", "failed"]);
});

it("leaves a run alone that was accepted just now", async () => {
  const { runs } = await workerProject();
  const nowMs = Date.now();
  await runs.history.accept(queuedRun(nowMs));
  await recoverRunsOnce(runs, { now: () => nowMs + 4_000, onWarning: refuse });
  expect(await runs.queue.count()).toMatchObject({ run: { queued: 0 } });
  await heal(runs);
  expect(await runs.queue.count()).toMatchObject({ run: { queued: 1 } });
});

it("takes away the mark of a run that has ended", async () => {
  const { runs } = await workerProject();
  const run = queuedRun(Date.now());
  await runs.history.accept(run);
  await runs.history.change(run.runId, toRunning);
  await runs.history.change(run.runId, toCompleted);
  await runs.store.write(openRunKey(run.runId), new Uint8Array(1));
  await heal(runs);
  expect(await openIds(runs)).toEqual([]);
});

it("leaves a mark whose record is missing to the garbage collection", async () => {
  const { runs } = await workerProject();
  await runs.store.write(openRunKey(newRunId()), new Uint8Array(1));
  await heal(runs);
  expect(await openIds(runs)).toHaveLength(1);
  const plan = await runs.history.planPrune();
  expect(plan.objects).toEqual([]);
});

it("ends a run as failed whose last attempt was lost", async () => {
  const { runs } = await workerProject();
  const run = queuedRun(Date.now());
  await runs.history.accept(run);
  await runs.queue.submit({ id: run.runId, lane: "run", payload: {}, priority: 5 });
  const claim = await runs.queue.claim({ lane: "run", worker: "w@here:1" });
  await runs.history.change(run.runId, (current) => toRunning(current, "w@here:1"));
  await claim.finish();
  await heal(runs);
  expect(await runs.history.read(run.runId)).toMatchObject({
    state: "failed",
    error: { code: "HEX_RUN_CRASHED" },
    attempts: [{ cause: "its worker was no longer heard of" }],
  });
});

it("tells of a run that was killed after it had published that it has completed", async () => {
  const { runs, submit, untilEnded, workHere } = await workerProject();
  const model = await runs.history.read(await submit("print"));
  if (model === undefined) throw new Error("it was accepted");
  const worker = workHere();
  const { version, isPublisher, ...lost } = await untilEnded(model.runId);
  await worker.stop();
  // As if its worker had been killed, three times, before it told.
  const { record } = keysOf(model.runId);
  const unfinished = { ...lost, state: "running", endedAt: null, version: null, cells: [] };
  const body = JSON.stringify({ ...unfinished, isPublisher: false, writes: [] });
  await runs.store.write(record, new TextEncoder().encode(body));
  await runs.store.write(openRunKey(model.runId), new Uint8Array(1));
  await heal(runs);
  const healed = await runs.history.read(model.runId);
  expect([version, isPublisher]).toEqual([1, true]);
  expect(healed).toMatchObject({ state: "completed", version, isPublisher });
});

it("looks at the other runs when the record of one is damaged, and tells of it", async () => {
  const { runs, directory } = await workerProject();
  const [damaged, whole] = [queuedRun(Date.now()), queuedRun(Date.now())];
  await runs.history.accept(damaged);
  await runs.history.accept(whole);
  const day = damaged.submittedAt.slice(0, 10);
  const file = `.hex/store/.hex/history/${day}/${damaged.runId}/record.json`;
  await writeFile(join(directory, file), "{");
  const told: string[] = [];
  const now = () => Date.now() + LATER_MS;
  await recoverRunsOnce(runs, { now, onWarning: (line) => told.push(line) });
  expect(told).toEqual([expect.stringContaining(damaged.runId)]);
  expect((await runs.queue.find(whole.runId))?.state).toBe("queued");
});

it("tells of a run from a terminal that was killed that its process is gone", async () => {
  const project = await workerProject();
  const { directory, runs } = project;
  const command = fileURLToPath(new URL("../../dist/hex.js", import.meta.url));
  const args = [command, "run", "--project", directory, "--input", "act=polite"];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await until("the cell goes", async () => (await project.computes()).length === 1);
  const [runId = ""] = await openIds(runs);
  await heal(runs);
  expect((await runs.history.read(runId))?.state).toBe("running");
  child.kill("SIGKILL");
  await once(child, "exit");
  await heal(runs);
  const record = await runs.history.read(runId);
  expect(record).toMatchObject({ state: "failed", error: { code: "HEX_RUN_CRASHED" } });
  expect(record?.error?.message).toMatch(
    /to bring the run to an end, got none that is heard of \(.*start the run again\)$/,
  );
  expect(await openIds(runs)).toEqual([]);
});

it("ends a run of a machine that is gone once nothing is heard of it, and not one that is", async () => {
  const { runs } = await workerProject();
  const [silent, heard] = [await acceptDirect(runs), await acceptDirect(runs)];
  // Where its process went nobody here can tell.
  const mark = { format: 1, process: "another.machine.7.1", beat: 5 };
  await runs.store.write(openRunKey(silent), new TextEncoder().encode(JSON.stringify(mark)));
  let steadyMs = 0;
  const watch = new MarkWatch({ monotonic: () => steadyMs });
  const look = async () => {
    await recoverRunsOnce(runs, { watch, now: () => Date.now() + LATER_MS, onWarning: refuse });
    const records = await Promise.all([silent, heard].map((id) => runs.history.read(id)));
    return records.map((record) => record?.state);
  };
  expect(await look()).toEqual(["running", "running"]);
  steadyMs += 6_000;
  expect(await runs.history.beat(heard)).toBe("heard");
  expect(await look()).toEqual(["running", "running"]);
  steadyMs += 6_000;
  expect(await look()).toEqual(["failed", "running"]);
  expect(await openIds(runs)).toEqual([heard]);
});

it("leaves a run of an older build, which lets nobody hear of it, until its time is over", async () => {
  const { runs } = await workerProject();
  const runId = await acceptDirect(runs);
  await runs.store.write(openRunKey(runId), new TextEncoder().encode("not ended\n"));
  await heal(runs);
  expect((await runs.history.read(runId))?.state).toBe("running");
  const later = Date.now() + runs.config.runs.deadlineMs + LATER_MS;
  await recoverRunsOnce(runs, { now: () => later, onWarning: refuse });
  expect((await runs.history.read(runId))?.state).toBe("failed");
});

it("has the next run from a terminal end what one that was killed has left", async () => {
  const { directory, runs } = await workerProject();
  const runId = await acceptDirect(runs, Date.now() - LATER_MS);
  // This process as it would be if its id had been given again.
  const gone = identifyProcess().replace(/[^.]*$/, "1");
  const mark = { format: 1, process: gone, beat: 5 };
  await runs.store.write(openRunKey(runId), new TextEncoder().encode(JSON.stringify(mark)));
  await hex(["run", "--project", directory, "--input", "act=sleep"]);
  expect((await runs.history.read(runId))?.state).toBe("failed");
});

/** A run that a terminal carries out: this process. */
async function acceptDirect({ history }: ProjectRuns, acceptedMs = Date.now()): Promise<string> {
  const run = toRunning(
    queuedRun(acceptedMs, { isQueued: false, context: "logic", trigger: "cli" }),
  );
  await history.accept(run);
  return run.runId;
}

function heal(runs: ProjectRuns): Promise<void> {
  return recoverRunsOnce(runs, { now: () => Date.now() + LATER_MS, onWarning: refuse });
}

function refuse(line: string): never {
  throw new Error(`nothing is to be told, got ${line}`);
}

async function openIds({ history }: ProjectRuns): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const runId of history.unfinished()) ids.push(runId);
  return ids;
}

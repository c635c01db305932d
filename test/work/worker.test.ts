import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { newRunId } from "../../src/run/history/run-id.ts";
import { listVersions } from "../../src/store/versions.ts";
import { hex, hexJson } from "../cli/hex.ts";
import { findRunProcesses } from "./chaos-world.ts";
import { until } from "./project-processes.ts";
import { startHexWorker, startWorker } from "./worker-processes.ts";
import { isAlive, SHORT_LEASE_MS, workerProject } from "./worker-project.ts";

/** Of workers that are killed, and of those who wait for their leases to run out. */
const short = { leaseMs: SHORT_LEASE_MS };

describe("workers on the embedded queue", () => {
  testWorkers({});

  it("go on with a new file when the queue's is removed while they have it open", async () => {
    const { directory, submit, untilEnded, runs } = await workerProject({
      config: { runs: { atOnce: 1 } },
    });
    await startWorker(directory, short);
    const ids = [await submit("gate:1"), await submit("print:1")];
    await until("a run is taken", async () => (await runs.queue.count()).run.claimed === 1);
    for (const ending of ["", "-wal", "-shm"]) {
      await rm(join(directory, `.hex/queue.db${ending}`), { force: true });
    }
    ids.push(await submit("print:2"));
    await writeFile(join(directory, "gate-1"), "");
    const records = await Promise.all(ids.map(untilEnded));
    expect(records.map(({ state }) => state)).toEqual(ids.map(() => "completed"));
    expect((await listVersions(runs.store)).map(({ runId }) => runId).sort()).toEqual(ids.sort());
  });
});
// What hangs on no queue: the suites of the queues show that they keep their part.
describe("workers on any queue", () => {
  it("try a run again whose process was killed", async () => {
    const project = await workerProject();
    const { directory, submit, untilEnded, write } = project;
    await startWorker(directory, short);
    const runId = await submit("gate:1");
    await until("the cell goes", async () => (await project.computes()).length === 1);
    const [victim] = await project.computes();
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await write("gate-1", "");
    expect(await untilEnded(runId)).toMatchObject({
      state: "completed",
      version: 1,
      attempts: [{ cause: expect.stringContaining("SIGKILL") }, { attempt: 2 }],
    });
  });

  it("bring to an end what goes when they are told to stop, and take nothing new", async () => {
    const project = await workerProject();
    const { directory, submit, runs, untilEnded, write } = project;
    const worker = await startWorker(directory, { drainMs: 60_000 });
    const runId = await submit("gate:1");
    await until("the cell goes", async () => (await project.computes()).length === 1);
    worker.send("SIGTERM");
    await until("it stops taking jobs", () => worker.told("worker-draining").length === 1);
    const later = await submit("print:2");
    await write("gate-1", "");
    expect(await worker.exitCode).toBe(0);
    expect(await runs.history.read(runId)).toMatchObject({ state: "completed", version: 1 });
    expect(await runs.history.read(later)).toMatchObject({ state: "queued", attempts: [] });
    await startWorker(directory);
    expect(await untilEnded(later)).toMatchObject({ state: "completed", version: 2 });
  });

  it("carry out a run that was accepted and never reached the queue", async () => {
    const { directory, runs, untilEnded, submit } = await workerProject();
    const model = await runs.history.read(await submit("print:1"));
    if (model === undefined) throw new Error("it was accepted");
    const runId = newRunId();
    await runs.history.accept({ ...model, runId, submittedAt: new Date(0).toISOString() });
    await startWorker(directory);
    expect(await untilEnded(runId)).toMatchObject({ state: "completed" });
  });
});
for (const { name, url } of inject("redisServers")) {
  describe(`workers on ${name}`, () => testWorkers({ queue: url }));
}

function testWorkers(queue: object): void {
  it("carry out what hex run --detach leaves to them, and history tells all of it", async () => {
    const { directory, untilEnded } = await workerProject({ config: queue });
    const project = ["--project", directory];
    const flags = ["--detach", "--input", "act=print:5", ...project];
    const { stdout, exitCode } = await hex(["run", ...flags]);
    expect(exitCode).toBe(0);
    const runId = stdout.trim();
    const waiting = await hexJson(["runs", "show", runId, ...project]);
    expect(waiting.result).toMatchObject({ runId, state: "queued" });
    const worker = startHexWorker(directory);
    await untilEnded(runId);
    const shown = (await hexJson(["runs", "show", runId, ...project])).result;
    const began = { startedAt: expect.any(String), elapsedMs: expect.any(Number) };
    expect(shown).toMatchObject({
      runId,
      context: "logic",
      trigger: "cli",
      inputs: { act: "print:5" },
      state: "completed",
      version: 1,
      isPublisher: true,
      attempts: [{ attempt: 1, worker: expect.stringMatching(`:${worker.pid}$`) }],
      cells: [
        { name: "act", status: "computed", ...began },
        { name: "work", status: "computed", ...began },
      ],
    });
    expect(shown).toHaveProperty("requestedBy", expect.stringMatching(/.@./));
    const { stdout: log } = await hex(["runs", "logs", runId, ...project]);
    expect(log).toMatch(/told to print:5/);
    expect(log).toMatch(/printed by the cell/);
    const { stdout: list } = await hex(["runs", "list", ...project]);
    expect(list).toMatch(new RegExp(`${runId} +logic +cli +completed .* 1 published`));
    worker.send("SIGTERM");
    expect(await worker.exitCode).toBe(0);
  });

  it("finish what a killed worker had, once, and nothing of that one goes on", async () => {
    const project = await workerProject({ config: queue });
    const { directory, submit, untilRun, untilEnded, runs, write } = project;
    const victim = await startWorker(directory, short);
    const runId = await submit("gate:1");
    await untilRun(runId, ({ state }) => state === "running");
    await until("the cell goes", async () => (await project.computes()).length === 1);
    const [orphan = 0] = (await project.computes()).map(({ pid }) => pid);
    victim.send("SIGKILL");
    await startWorker(directory, short);
    await until("the orphan is gone", () => !isAlive(orphan));
    await write("gate-1", "");
    const record = await untilEnded(runId);
    expect(record).toMatchObject({
      state: "completed",
      version: 1,
      isPublisher: true,
      attempts: [{ cause: "its worker was no longer heard of" }, { attempt: 2 }],
    });
    expect(await listVersions(runs.store)).toMatchObject([{ generation: 1, runId }]);
  });

  it("publish a run once, also when one comes back that was taken for dead", async () => {
    const project = await workerProject({ config: queue });
    const { directory, submit, untilEnded, runs, write } = project;
    const stopped = await startWorker(directory, short);
    const runId = await submit("gate:1");
    await until("the cell goes", async () => (await project.computes()).length === 1);
    stopped.send("SIGSTOP");
    await startWorker(directory, short);
    await until("it goes once more", async () => (await project.computes()).length === 2);
    // The first process goes on as well, for nobody tells it otherwise.
    await write("gate-1", "");
    const record = await untilEnded(runId);
    expect(record).toMatchObject({ state: "completed", version: 1, isPublisher: true });
    stopped.send("SIGCONT");
    await until("it hears that", () => stopped.told("job-ended").length === 1);
    expect(stopped.told("job-ended")).toMatchObject([{ id: runId, outcome: "lost" }]);
    expect(await runs.history.read(runId)).toEqual(record);
    expect(await listVersions(runs.store)).toMatchObject([{ generation: 1, runId }]);
  });

  it("hand back what does not end in time, at no cost in attempts", async () => {
    const project = await workerProject({ config: queue });
    const { directory, submit, runs, untilEnded, write } = project;
    const runId = await submit("gate:1");
    for (let count = 1; count <= 3; count++) {
      const worker = await startWorker(directory, { drainMs: 100 });
      await until("the cell goes", async () => (await project.computes()).length === count);
      worker.send("SIGTERM");
      expect(await worker.exitCode).toBe(0);
      expect(await runs.queue.find(runId)).toMatchObject({ state: "queued", attempts: 0 });
    }
    expect(findRunProcesses(directory)).toEqual([]);
    await write("gate-1", "");
    await startWorker(directory);
    const record = await untilEnded(runId);
    expect(record).toMatchObject({ state: "completed", version: 1 });
    const causes = record.attempts.map(({ cause }) => cause);
    const stopped = "its worker was shut down";
    expect(causes).toEqual([stopped, stopped, stopped, undefined]);
  });

  it("lose nothing when each of three is replaced under load", async () => {
    const { directory, submit, untilEnded, runs } = await workerProject({ config: queue });
    const start = () => startWorker(directory, { drainMs: 60_000 });
    const before = [await start(), await start(), await start()];
    const ids = [];
    for (const [index, old] of before.entries()) {
      for (let count = 0; count < 2; count++) ids.push(await submit(`print:${index}.${count}`));
      await start();
      old.send("SIGTERM");
      expect(await old.exitCode).toBe(0);
    }
    const records = await Promise.all(ids.map(untilEnded));
    expect(records.map(({ state }) => state)).toEqual(ids.map(() => "completed"));
    expect(records.map(({ attempts }) => attempts.length)).toEqual(ids.map(() => 1));
    const versions = await listVersions(runs.store);
    expect(versions.map(({ runId }) => runId).sort()).toEqual([...ids].sort());
  });
}

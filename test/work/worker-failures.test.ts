import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { acquireLease } from "../../src/store/lease/lease.ts";
import { listVersions } from "../../src/store/versions.ts";
import { findRunProcesses } from "./chaos-world.ts";
import { until } from "./project-processes.ts";
import { SHORT_LEASE_MS, type WorkerProject, workerProject } from "./worker-project.ts";

it("fails a run whose cell throws, at once and for good, with the place in its source", async () => {
  const { submit, untilEnded, workHere, runs } = await workerProject();
  workHere();
  const record = await untilEnded(await submit("throw"));
  expect(record).toMatchObject({
    state: "failed",
    version: null,
    error: { code: "HEX_CELL_FAILED" },
  });
  expect(record.error?.message).toMatch(/02-work\.ts:13:\d+\).*unlucky/);
  expect(record.attempts).toHaveLength(1);
  expect(record.cells).toMatchObject([{ name: "act" }, { name: "work", status: "failed" }]);
  await expect.poll(async () => (await runs.queue.find(record.runId))?.state).toBe("finished");
});

it.each([
  ["exit", {}, /exit code 7/],
  ["abort", {}, /SIGABRT/],
  ["fill", { memory: "256MB" }, /below 256 MiB/],
])(
  "tries a run three times whose process ends by %s, and tells each cause and the cell that went",
  async (act, limits, cause) => {
    const { submit, untilEnded, workHere } = await workerProject({ config: { runs: limits } });
    // The next attempt waits for the lease that the dead one held.
    workHere({ leaseMs: SHORT_LEASE_MS });
    const [bad, good] = [await submit(act), await submit("publish")];
    const record = await untilEnded(bad);
    expect(record).toMatchObject({ state: "failed", error: { code: "HEX_RUN_CRASHED" } });
    expect(record.error?.message).toMatch(/; it was tried 3 times$/);
    expect(record.attempts.map((attempt) => attempt.cause)).toEqual([
      expect.stringMatching(cause),
      expect.stringMatching(cause),
      expect.stringMatching(cause),
    ]);
    const { cells, startedAt } = record;
    expect(cells.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "act computed",
      "work skipped",
    ]);
    expect((cells[1]?.startedAt ?? "") > (startedAt ?? "")).toBe(true);
    expect(cells[1]?.elapsedMs).toBeGreaterThan(0);
    expect(await untilEnded(good)).toMatchObject({ state: "completed", isPublisher: true });
  },
);

it("ends a run that goes on past its deadline, and does not try it again; others go on", async () => {
  const project = await workerProject({ config: { runs: { deadline: "6s" } } });
  const { submit, untilEnded, untilRun, workHere, runs } = project;
  // Shorter than the deadline, which the next one waits for it within.
  const worker = workHere({ leaseMs: 3_000 });
  const endless = await submit("spin");
  await untilRun(endless, ({ state }) => state === "running");
  // It waits for the lease that the endless one holds, and gets it once that is gone.
  const other = await submit("publish");
  const record = await untilEnded(endless);
  expect(record).toMatchObject({ state: "failed", error: { code: "HEX_RUN_TIMEOUT" } });
  expect(record.attempts).toHaveLength(1);
  expect(["completed", "failed"]).toContain((await untilEnded(other)).state);
  await worker.stop();
  await liftDeadline(project);
  workHere();
  const next = await untilEnded(await submit("publish:2"));
  expect(next).toMatchObject({ state: "completed", isPublisher: true });
  expect((await listVersions(runs.store)).every(({ inputs }) => inputs["act"] !== "spin")).toBe(
    true,
  );
});

it("takes no lease for a run whose deadline passed while it waited for one", async () => {
  const project = await workerProject({ config: { runs: { deadline: "4s" } } });
  const { submit, untilEnded, workHere, runs } = project;
  const lease = await acquireLease(runs.store, { holder: "somebody" });
  const worker = workHere();
  const waiting = await untilEnded(await submit("print"));
  expect(waiting).toMatchObject({ state: "failed", error: { code: "HEX_RUN_TIMEOUT" } });
  await lease.release();
  await worker.stop();
  await liftDeadline(project);
  workHere();
  // Were it taken and never released, nobody would publish any more.
  expect(await untilEnded(await submit("print:2"))).toMatchObject({ state: "completed" });
});

it("takes no process for a run that died while it waited for one", async () => {
  const { submit, untilEnded, workHere, directory } = await workerProject();
  const worker = workHere();
  await until("a process waits", () => findRunProcesses(directory).length === 1);
  for (const pid of findRunProcesses(directory)) process.kill(pid, "SIGKILL");
  await until("it is gone", () => findRunProcesses(directory).length === 0);
  const record = await untilEnded(await submit("print"));
  expect(record).toMatchObject({ state: "completed", attempts: [{ attempt: 1 }] });
  expect(worker.events.filter(({ type }) => type === "worker-warned")).toEqual([]);
});

/** Whatever a worker that is started from now on carries out may take its time, as on a slow machine. */
async function liftDeadline({ directory, write }: WorkerProject): Promise<void> {
  const config = JSON.parse(await readFile(join(directory, "hex.config.json"), "utf8"));
  await write("hex.config.json", JSON.stringify({ ...config, runs: {} }));
}

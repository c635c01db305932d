import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { findRunProcesses } from "./chaos-world.ts";
import { until } from "./project-processes.ts";
import { startWorker } from "./worker-processes.ts";
import { SHORT_LEASE_MS, type WorkerProject, workerProject } from "./worker-project.ts";

const PARTS = 6;
/** Of a run that fails: most of them wait when it does. */
const MANY_PARTS = 20;

/** Squares numbers, each in a part of its own, which does as it is told. */
const splitCell = `import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached, over } from "hex-runtime";
import act from "./01-act.ts";

export default cached(
  "work",
  { act },
  over(
    ({ act }) => Array.from({ length: act.startsWith("throw") ? ${MANY_PARTS} : ${PARTS} }, (_, n) => n),
    async (n, { act }, { log, signal }) => {
      appendFileSync("computes", \`\${process.ppid} \${n} \${process.pid}\\n\`);
      const [what, which, value] = act.split(":");
      const workers = () => new Set(readFileSync("computes", "utf8").match(/^\\d+/gm));
      if (what === "meet") while (workers().size < 2) await wait(20, undefined, { signal });
      const isTold = which === "all" || Number(which) === n;
      if (isTold && what === "throw") throw new Error("unlucky " + n);
      if (isTold && what === "exit") process.exit(7);
      if (isTold && what === "exit-once" && !existsSync("once")) {
        appendFileSync("once", "");
        process.exit(7);
      }
      if (what === "gate" && isTold) while (!existsSync("gate-" + value)) await wait(20, undefined, { signal });
      if (what === "throw" && !isTold) await wait(600_000, undefined, { signal });
      log("squared " + n);
      return [{ n, square: n * n }];
    },
  ),
);
`;
const SQUARES = Array.from({ length: PARTS }, (_, n) => ({ n, square: n * n }));

/** Where somebody is killed, and others wait for the lease to run out. */
const short = { leaseMs: SHORT_LEASE_MS };

const split = (runs: object = {}, queue: object = {}) =>
  workerProject({ config: { ...queue, runs }, files: { "cells/02-work.ts": splitCell } });

describe("parts on the embedded queue", () => testParts({}));
// What hangs on no queue: the suites of the queues show that they keep their part.
describe("parts on any queue", () => {
  it("are tried again when their process dies, alone", async () => {
    const project = await split();
    const { submit, untilEnded, workHere } = project;
    workHere();
    const record = await untilEnded(await submit("exit-once:3"));
    expect(record).toMatchObject({ state: "completed", version: 1 });
    expect(record.attempts).toHaveLength(1);
    expect(await rowsOf(project, "exit-once:3")).toEqual(SQUARES);
    expect(await readComputes(project)).toHaveLength(PARTS + 1);
  });

  it("are cancelled when the process of their run dies, and computed anew by its next attempt", async () => {
    const project = await split({ partsAtOnce: 1 });
    const { submit, untilEnded, directory, workHere, write } = project;
    workHere(short);
    const runId = await submit("gate:all:1");
    await until("a part goes", async () => (await readComputes(project)).length >= 1);
    const parts = (await readComputes(project)).map(({ part }) => part);
    for (const pid of findRunProcesses(directory)) {
      if (!parts.includes(pid)) process.kill(pid, "SIGKILL");
    }
    await until(
      "another attempt's part goes",
      async () => (await readComputes(project)).length >= 2,
    );
    await write("gate-1", "");
    const record = await untilEnded(runId);
    expect(record).toMatchObject({ state: "completed", version: 1 });
    expect(record.attempts).toHaveLength(2);
    expect(await rowsOf(project, "gate:all:1")).toEqual(SQUARES);
  });
});
for (const { name, url } of inject("redisServers")) {
  describe(`parts on ${name}`, () => testParts({ queue: url }));
}

function testParts(queue: object): void {
  it("are computed by several workers, joined in order and published once", async () => {
    const project = await split({ partsAtOnce: 1 }, queue);
    const { directory, submit, untilEnded, runs } = project;
    const workers = [await startWorker(directory), await startWorker(directory)];
    const runId = await submit("meet");
    expect(await untilEnded(runId)).toMatchObject({ state: "completed", version: 1 });
    expect(await rowsOf(project, "meet")).toEqual(SQUARES);
    const computes = await readComputes(project);
    expect(computes.map(({ n }) => n).sort()).toEqual(SQUARES.map(({ n }) => n));
    const by = new Set(computes.map(({ worker }) => worker));
    expect(by).toEqual(new Set(workers.map(({ pid }) => pid)));
    const keys = [];
    for await (const { key } of runs.store.list(".hex/runs/")) keys.push(key);
    expect(keys.filter((key) => key.includes("/.parts/"))).toEqual([]);
  });

  it("fail their run by the message of the one that failed, and the others are cancelled", async () => {
    const project = await split({ partsAtOnce: 4 }, queue);
    const { submit, untilEnded, runs, directory, workHere } = project;
    workHere();
    const record = await untilEnded(await submit("throw:2"));
    expect(record).toMatchObject({ state: "failed", error: { code: "HEX_CELL_FAILED" } });
    expect(record.error?.message).toMatch(/part 2: .*02-work\.ts:\d+:\d+.*unlucky 2/);
    expect(record.attempts).toHaveLength(1);
    await expect.poll(() => runs.queue.count()).toMatchObject({ part: { queued: 0, claimed: 0 } });
    expect((await readComputes(project)).length).toBeLessThan(MANY_PARTS);
    await until("nothing goes on but what waits", () => findRunProcesses(directory).length <= 1);
  });

  it("are cancelled with their run", async () => {
    const project = await split({}, queue);
    const { submit, untilEnded, runs, directory, workHere } = project;
    workHere();
    const runId = await submit("gate:all:never");
    await until("parts go", async () => (await readComputes(project)).length >= 2);
    await runs.queue.cancel(runId);
    expect(await untilEnded(runId)).toMatchObject({ state: "cancelled", version: null });
    await expect
      .poll(() => runs.queue.count(), { timeout: 30_000 })
      .toEqual({ run: { queued: 0, claimed: 0 }, part: { queued: 0, claimed: 0 } });
    await until("nothing goes on but what waits", () => findRunProcesses(directory).length <= 1);
    expect(await listVersions(runs.store)).toEqual([]);
  });

  it("are done again, and right, when the worker is killed that has the run", async () => {
    const project = await split({}, queue);
    const { submit, untilEnded, directory, write, runs } = project;
    const victim = await startWorker(directory, short);
    const runId = await submit("gate:4:1");
    await until("some parts have ended", async () => (await readComputes(project)).length >= 4);
    victim.send("SIGKILL");
    await startWorker(directory, short);
    await write("gate-1", "");
    expect(await untilEnded(runId)).toMatchObject({ state: "completed", version: 1 });
    expect(await rowsOf(project, "gate:4:1")).toEqual(SQUARES);
    expect(await listVersions(runs.store)).toHaveLength(1);
  });
}

/** Which part was computed, by which process of which worker. */
async function readComputes({ directory }: WorkerProject) {
  const text = await readFile(join(directory, "computes"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [worker = 0, n = 0, part = 0] = line.split(" ").map(Number);
      return { worker, n, part };
    });
}

/** The only frame of the newest version. */
async function rowsOf({ runs }: WorkerProject, act: string) {
  const version = await openVersion(runs.store);
  const [name = act] = version.frames().keys();
  const read = await version.readFrame(name);
  return [...(read?.frame.rows() ?? [])].map((row) => ({ ...row }));
}

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunResult } from "../../src/run/run-event.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import {
  type GatedProject,
  gatedProject,
  type ProjectProcess,
  until,
} from "./project-processes.ts";

const PROCESSES = 3;
const RUNS = 5;

it(`computes once for ${RUNS} runs at the same time in each of ${PROCESSES} processes`, async () => {
  const { project, processes, openGate } = await startAll();
  await openGate();
  const results = (await Promise.all(processes.map((each) => each.end()))).flat();
  const computes = await project.computes();
  expect(computes).toHaveLength(1);
  await expectOneVersion(project, results, { runs: PROCESSES * RUNS, computes });
});

it("computes once more, and publishes once, when the process that computes is killed", async () => {
  const { project, processes, openGate } = await startAll(5_000);
  const [killed] = await project.computes();
  const others = processes.filter(({ pid }) => pid !== killed);
  processes.find(({ pid }) => pid === killed)?.send("SIGKILL");
  await openGate();
  const results = (await Promise.all(others.map((each) => each.end()))).flat();
  const computes = await project.computes();
  expect(computes).toHaveLength(2);
  await expectOneVersion(project, results, { runs: (PROCESSES - 1) * RUNS, computes });
});

/** Starts all runs, and comes back once one of them computes and all others wait for it. */
async function startAll(ttlMs = 30_000) {
  const project = await gatedProject();
  const GATE = join(project.directory, "gate");
  const processes = Array.from({ length: PROCESSES }, () =>
    project.start({ runs: RUNS, ttlMs, env: { GATE } }),
  );
  await until("all runs but one wait", () => {
    const waiting = processes.reduce((sum, each) => sum + waitingRuns(each), 0);
    return waiting === PROCESSES * RUNS - 1;
  });
  await until("one run computes", async () => (await project.computes()).length > 0);
  return { project, processes, openGate: () => writeFile(GATE, "") };
}

function waitingRuns(process: ProjectProcess): number {
  const waiting = process
    .events()
    .filter(({ event }) => event.type === "line-logged" && event.line.startsWith("waiting for "));
  return new Set(waiting.map(({ run }) => run)).size;
}

async function expectOneVersion(
  { directory }: GatedProject,
  results: readonly RunResult[],
  { runs, computes }: { readonly runs: number; readonly computes: readonly number[] },
): Promise<void> {
  const store = new DirectoryStore(join(directory, ".hex/store"));
  const versions = await listVersions(store);
  console.log(`${runs} runs: ${computes.length} computes, ${versions.length} version`);
  expect(versions.map(({ generation }) => generation)).toEqual([1]);
  expect(results.map(({ status, version }) => `${status} ${version}`)).toEqual(
    Array(runs).fill("completed 1"),
  );
  // What everybody read is what the last one computed.
  const read = await (await openVersion(store)).readFrame("computed");
  expect(read?.frame.distinct("pid")).toEqual(computes.slice(-1));
  const shown = results.flatMap(({ cells }) => cells.map(({ status }) => status));
  expect(shown.filter((status) => status === "computed")).toHaveLength(1);
}

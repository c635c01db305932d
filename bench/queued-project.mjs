import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** How often a file is looked at that another process is to write. */
const LOOK_MS = 4;
const LOOK_LIMIT_MS = 300_000;

/** A project in a folder of its own, and a folder in which its cells leave marks. */
export async function prepareQueued(cells, config = {}) {
  const folder = await mkdtemp(join(tmpdir(), "hex-bench-"));
  const [project, marks] = [join(folder, "project"), join(folder, "marks")];
  await mkdir(join(project, "cells"), { recursive: true });
  await mkdir(marks);
  const written = { name: "queued", projectId: randomUUID(), ...config };
  await writeFile(join(project, "hex.config.json"), JSON.stringify(written));
  for (const [name, text] of Object.entries(cells(marks))) {
    await writeFile(join(project, "cells", name), text);
  }
  return { project, marks, remove: () => rm(folder, { recursive: true }) };
}

/** An input by which each round finds its own marks. */
export const TOKEN_CELL = `import { text } from "hex-runtime";
export default text({ default: "" });`;

/** What a cell's file needs to leave a mark that is whole as soon as it is there. */
export const toLeaveMark = (marks) => `import { renameSync, writeFileSync } from "node:fs";
const leaveMark = (name, text) => {
  const path = ${JSON.stringify(`${marks}/`)} + name;
  writeFileSync(path + "-draft", text);
  renameSync(path + "-draft", path);
};`;

/** A project's runs, opened as a long-lived program does it. */
export async function openRuns(root, doors, project) {
  const runtimeUrl = pathToFileURL(`${root}dist/index.js`).href;
  return { doors, runs: await doors.openProjectRuns(project, { runtimeUrl }) };
}

/** Asks for a logic run, as a server does it; gives the run's id. */
export async function askForRun({ doors, runs }, token) {
  const inputs = new Map([["token", { value: token, form: "json", place: "token" }]]);
  const request = { context: "logic", trigger: "api", inputs };
  const { runId } = await doors.submitRun(runs, request, { requestedBy: "bench" });
  return runId;
}

/** What is in a mark, once it is there. */
export async function readMark(marks, name) {
  const path = join(marks, name);
  const untilMs = performance.now() + LOOK_LIMIT_MS;
  while (!existsSync(path)) {
    if (performance.now() > untilMs) throw new Error(`Nobody wrote ${path} within five minutes`);
    await wait(LOOK_MS);
  }
  return readFile(path, "utf8");
}

/** Waits until a run has ended well, or as it was expected to. */
export async function untilEnded({ history }, runId, expected = "completed") {
  for (;;) {
    const { state, error } = (await history.read(runId)) ?? {};
    if (state === expected) return;
    if (["completed", "failed", "cancelled"].includes(state)) {
      throw new Error(`Run ${runId} is ${state}: ${error?.message}`);
    }
    await wait(LOOK_MS * 5);
  }
}

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { HexError } from "../../src/errors.ts";
import { isFinal, type RunRecord } from "../../src/run/history/run-record.ts";
import { openProjectRuns, type ProjectRuns } from "../../src/work/project-runs.ts";
import type { RunRequest } from "../../src/work/run-task.ts";
import { type Submission, submitRun } from "../../src/work/submit-run.ts";
import { runWorker, type WorkerEvent } from "../../src/work/worker.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { until } from "./project-processes.ts";

/** What the built command hands to its cells; run processes are its files, too. */
export const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;

/**
 * For workers and runs that are killed: long enough for a busy machine to renew in time, short
 * enough to wait for. All others have the lease that everybody has.
 */
export const SHORT_LEASE_MS = 4_000;

/** A heavy cell that behaves as it is told: well, badly, or until a file is there. */
const work = `import { spawn } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached } from "hex-runtime";
import act from "./01-act.ts";

export default cached("work", { act }, async ({ act }, { log, signal }) => {
  const [what, value] = act.split(":");
  appendFileSync("computes", \`\${process.pid} \${act}\\n\`);
  log("told to " + act);
  switch (what) {
    case "throw":
      throw new Error("unlucky");
    case "exit":
      process.exit(7);
    case "abort":
      process.abort();
    case "fill":
      for (const kept = []; ; ) {
        kept.push(Buffer.alloc(16e6, 1));
        await wait(1);
      }
    case "spin":
      for (;;);
    case "polite":
      await wait(600_000, undefined, { signal });
      break;
    case "tree":
      process.on("SIGTERM", () => {});
      spawn("sleep", ["1000." + value], { detached: true, stdio: "ignore" });
      spawn("sh", ["-c", "(sleep 1000." + value + " &)"], { detached: true, stdio: "ignore" });
      for (;;);
    case "print":
      console.log("printed by the cell");
      break;
    case "gate":
      while (!existsSync("gate-" + value)) await wait(20);
  }
  return [{ act }];
});
`;

export interface WorkerProjectOptions {
  /** keys of hex.config.json besides the name */
  readonly config?: object;
  /** more cells, or others in place of these: path -> text */
  readonly files?: Readonly<Record<string, string>>;
}

/** A project whose runs are carried out by workers. */
export interface WorkerProject {
  readonly directory: string;
  readonly runs: ProjectRuns;
  write(file: string, text: string): Promise<void>;
  /** Submits a run whose heavy cell does what it is told; gives the run's id. */
  submit(act: string, submission?: Partial<Submission>): Promise<string>;
  /** Waits until the record of a run is as wished, and gives it. */
  untilRun(runId: string, isSo: (record: RunRecord) => boolean): Promise<RunRecord>;
  untilEnded(runId: string): Promise<RunRecord>;
  /** Each call of the heavy cell's function: by which process, told to do what. */
  computes(): Promise<readonly { readonly pid: number; readonly act: string }[]>;
  /** A worker in this process, stopped after the test. */
  workHere(options?: { readonly leaseMs?: number }): {
    readonly events: readonly WorkerEvent[];
    stop(): Promise<void>;
  };
}

export async function workerProject({
  config = {},
  files = {},
}: WorkerProjectOptions = {}): Promise<WorkerProject> {
  const { directory, write } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Worked", projectId: randomUUID(), ...config }),
    "cells/01-act.ts": `import { text } from "hex-runtime";\nexport default text({ default: "publish" });`,
    "cells/02-work.ts": work,
    ...files,
  });
  const runs = await openRuns(directory);
  const untilRun: WorkerProject["untilRun"] = async (runId, isSo) => {
    let record: RunRecord | undefined;
    await until(`run ${runId} is so`, async () => {
      record = await runs.history.read(runId);
      return record !== undefined && isSo(record);
    });
    if (record === undefined) throw new Error("there is one by now");
    return record;
  };
  return {
    directory,
    runs,
    write,
    submit: (act, submission) => submitAct(runs, act, submission),
    untilRun,
    untilEnded: (runId) => untilRun(runId, ({ state }) => isFinal(state)),
    computes: () => readComputes(directory),
    workHere: (options) => workHere(directory, options),
  };
}

async function readComputes(directory: string) {
  const text = await readFile(join(directory, "computes"), "utf8").catch(() => "");
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => {
    const [pid = "", act = ""] = line.split(" ");
    return { pid: Number(pid), act };
  });
}

export async function openRuns(directory: string): Promise<ProjectRuns> {
  const runs = await openProjectRuns(directory, { runtimeUrl });
  onTestFinished(() => runs.close());
  return runs;
}

async function submitAct(
  runs: ProjectRuns,
  act: string,
  submission: Partial<Submission> = {},
): Promise<string> {
  const { runId } = await submitRun(runs, toRequest(act), { requestedBy: "tess", ...submission });
  return runId;
}

export function toRequest(act: string): RunRequest {
  const inputs = new Map([["act", { value: act, form: "json", place: "act" } as const]]);
  return { context: "logic", trigger: "api", inputs };
}

function workHere(
  directory: string,
  { leaseMs }: { readonly leaseMs?: number } = {},
): ReturnType<WorkerProject["workHere"]> {
  const stopping = new AbortController();
  const events: WorkerEvent[] = [];
  const working = (async () => {
    const runs = await openProjectRuns(directory, { runtimeUrl, leaseMs });
    const { signal } = stopping;
    await runWorker(runs, { signal, drainMs: 0, onEvent: (event) => events.push(event) });
    await runs.close();
  })();
  const stop = async () => {
    stopping.abort(new HexError("HEX_CANCELLED", "the test is over"));
    await working;
  };
  onTestFinished(stop);
  return { events, stop };
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { RunEvent, RunResult } from "../../src/run/run-event.ts";
import { makeProject } from "../fixtures/make-project.ts";
import { buildProgram } from "../store/build-program.ts";

const program = new URL("./programs/run-project.ts", import.meta.url);
const runtimeUrl = new URL("../fixtures/hex-runtime.mjs", import.meta.url).href;
const PATIENCE_MS = 120_000;

/** Notes who computes it, and ends once the file that the process was told of is there. */
const gatedCell = `import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { cached } from "hex-runtime";

export default cached("computed", async () => {
  appendFileSync("computes", \`\${process.pid}\\n\`);
  const { GATE, GATE_BLOCKS } = process.env;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (GATE !== undefined && !existsSync(GATE)) {
    if (GATE_BLOCKS === undefined) await wait(20);
    else Atomics.wait(pause, 0, 0, 20);
  }
  return [{ pid: process.pid }];
});
`;

export interface StartOptions {
  /** how many runs at once; one unless told */
  readonly runs?: number;
  /** for how long others wait for it; as long as always unless told */
  readonly ttlMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that runs a project, once or several times at once. */
export interface ProjectProcess {
  readonly pid: number;
  /** of all its runs, each with the number of its run */
  events(): readonly { readonly run: number; readonly event: RunEvent }[];
  send(signal: NodeJS.Signals): void;
  /** Gives the results of its runs; none for a process that was killed. */
  end(): Promise<readonly RunResult[]>;
}

/** A project of one heavy cell, which processes can run. */
export interface GatedProject {
  readonly directory: string;
  start(options?: StartOptions): ProjectProcess;
  /** the process of each call of the cell's function, in order */
  computes(): Promise<readonly number[]>;
}

/** Makes the project; `store` is what its config says, the folder in the project unless told. */
export async function gatedProject(config: object = {}): Promise<GatedProject> {
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Gated", ...config }),
    "cells/01-computed.ts": gatedCell,
  });
  const built = await buildProgram(program);
  return {
    directory,
    start: ({ runs = 1, ttlMs = 30_000, env = {} } = {}) =>
      startProcess(directory, [built, directory, runtimeUrl, `${runs}`, `${ttlMs}`], env),
    computes: async () => {
      const text = await readFile(join(directory, "computes"), "utf8").catch(() => "");
      return text.split("\n").slice(0, -1).map(Number);
    },
  };
}

/** Waits for something to come true, with a patience that only a fault exceeds. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`in vain: ${what}`);
    await wait(20);
  }
}

function startProcess(
  directory: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): ProjectProcess {
  const child = spawn(process.execPath, argv, { cwd: directory, env: { ...process.env, ...env } });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    printed.stderr += text;
  });
  const closed = once(child, "close");
  const events: ProjectProcess["events"] = () =>
    printed.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    pid: child.pid ?? 0,
    events,
    send: (signal) => child.kill(signal),
    end: async () => {
      await closed;
      if (printed.stderr !== "") throw new Error(printed.stderr);
      return events().flatMap(({ event }) => (event.type === "run-ended" ? [event.result] : []));
    },
  };
}

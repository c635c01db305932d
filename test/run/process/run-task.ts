import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import type { RunProcessSpec } from "../../../src/run/process/child-life.ts";
import type { ProcessEnding } from "../../../src/run/process/process-ending.ts";
import {
  type ProcessHooks,
  type RunProcess,
  startRunProcess,
} from "../../../src/run/process/run-process.ts";
import type { RunEvent } from "../../../src/run/run-event.ts";
import { buildProgram } from "../../store/build-program.ts";

const tasks = new URL("./programs/tasks.ts", import.meta.url);

/** Tasks that do not end by themselves are killed soon. */
const LIMITS = { memoryBytes: 2 ** 29, graceMs: 300 };
/** For tasks that do: however busy the machine is, none is killed that is about to end. */
export const PATIENT = { limits: { ...LIMITS, graceMs: 60_000 } };

/** What a task told, and what became of it. */
export interface TaskReport {
  readonly ending: ProcessEnding;
  readonly events: readonly RunEvent[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Starts the process of the tests' tasks. */
export async function startTasks(spec: Partial<RunProcessSpec> = {}): Promise<RunProcess> {
  const started = startRunProcess({
    program: pathToFileURL(await buildProgram(tasks)),
    limits: LIMITS,
    environment: { PATH: process.env["PATH"] ?? "" },
    directory: tmpdir(),
    ...spec,
  });
  onTestFinished(() => started.kill());
  return started;
}

/** Runs one task in a process of its own. */
export async function runTask(
  kind: string,
  payload: unknown = null,
  hooks: Partial<ProcessHooks> = {},
  spec: Partial<RunProcessSpec> = {},
): Promise<TaskReport> {
  return giveTask(await startTasks(spec), kind, payload, hooks);
}

export async function giveTask(
  started: RunProcess,
  kind: string,
  payload: unknown = null,
  hooks: Partial<ProcessHooks> = {},
): Promise<TaskReport> {
  const events: RunEvent[] = [];
  const lines = { stdout: [] as string[], stderr: [] as string[] };
  const task = { kind, payload };
  const ending = await started.run(task, {
    onEvent: (event) => events.push(event),
    ...hooks,
    onLine: (stream, line) => {
      lines[stream].push(line);
      hooks.onLine?.(stream, line);
    },
  });
  return { ending, events, ...lines };
}

/** A signal that comes when the task has printed this line. */
export function abortAt(awaited: string, reason?: unknown) {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onLine: (_: string, line: string) => {
      if (line === awaited) controller.abort(reason);
    },
  };
}

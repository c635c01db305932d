import { join } from "node:path";
import { type RequestedInputs, toRequestedInputs } from "../cell/requested-input.ts";
import { readConfig } from "../project/config.ts";
import { openProject } from "../project/project.ts";
import { describeProject, type ProjectDescription } from "../project/project-description.ts";
import { openProjectStore } from "../project/project-store.ts";
import type { ShownFrame } from "../run/cell-output.ts";
import { toRunOptions } from "../run/history/run-record.ts";
import { computePart } from "../run/parts/compute-part.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import type { ProcessTask, RunSummary } from "../run/process/messages.ts";
import { type Parent, serveTask } from "../run/process/serve-task.ts";
import { takeThread } from "../run/process/thread.ts";
import { toRedactor } from "../run/redact/redactor.ts";
import type { RunEvent, RunResult } from "../run/run-event.ts";
import { loadCells } from "../source/load-cells.ts";
import { openVersion } from "../store/version.ts";
import { acquireRemoteLease } from "../work/process-calls.ts";
import { keepResult } from "../work/run-output.ts";
import { runProject } from "../work/run-project.ts";
import { CALLS, type DescribeTask, NOTES, type PartTask, type RunTask } from "../work/run-task.ts";
import type { KernelTask } from "./request.ts";
import type { ServingThread } from "./serve-thread.ts";
import type { ThreadsTask } from "./thread-messages.ts";

const runtimeUrl = new URL("./index.js", import.meta.url).href;

/** The program of a run process: one run of a project, one part of a run, or a look at its cells. */
export function runChild(): void {
  const thread: ServingThread | undefined = takeThread();
  if (thread === undefined) serveTask(carryOut, warmUp);
  else void serveInThread(thread);
}

/** One of the threads that answer viewers. */
async function serveInThread(thread: ServingThread): Promise<void> {
  const [{ serveThread }, { serveKernel }] = await Promise.all([
    import("./serve-thread.ts"),
    import("./serve-kernel.ts"),
  ]);
  await serveThread(thread, (task, parent) =>
    serveKernel(task as KernelTask, parent, runtimeUrl, parent.files),
  );
}

function carryOut(task: ProcessTask, parent: Parent): Promise<unknown> {
  const given = task as RunTask | PartTask | DescribeTask | KernelTask | ThreadsTask;
  switch (given.kind) {
    case "run":
      return runWhole(given, parent);
    case "part":
      return runPart(given, parent);
    case "describe":
      return describe(given);
    case "viewers":
    case "notebook":
      return serve(given, parent);
    case "threads":
      return serveAllThreads(parent);
  }
}

/** Carries out the first steps of a run once, so that their code is loaded and warm. */
async function warmUp(): Promise<void> {
  const directory = process.cwd();
  const config = await readConfig(directory, process.env);
  const { store } = await openProjectStore({ directory, config }, process.env);
  try {
    await openVersion(store);
  } finally {
    await store.close();
  }
  await import(runtimeUrl);
  await loadCells({
    projectDirectory: directory,
    cellsDirectory: join(directory, config.cells),
    runtimeUrl,
    python: config.python,
    importModule: refuseToEvaluate,
  });
}

/** Files that a cell's module reads while it is evaluated must be as new as the run. */
async function refuseToEvaluate(url: string): Promise<never> {
  throw new Error(`Expected no module to be evaluated before there is a task, got ${url}`);
}

/** Loads the code that only these processes need. */
async function serve(task: KernelTask, parent: Parent): Promise<never> {
  const { serveKernel } = await import("./serve-kernel.ts");
  return serveKernel(task, parent, runtimeUrl);
}

async function serveAllThreads(parent: Parent): Promise<never> {
  const { serveThreads } = await import("./serve-threads.ts");
  return serveThreads(parent, new URL("./run-child.js", import.meta.url));
}

async function describe({ directory }: DescribeTask): Promise<ProjectDescription> {
  return describeProject(await openProject(directory, { runtimeUrl }));
}

async function runWhole(task: RunTask, parent: Parent): Promise<RunSummary> {
  const { directory, runId, attempt, context, trigger } = task;
  const project = await openProject(directory, { runtimeUrl });
  const request = { context, trigger, inputs: toRequested(task), ...toRunOptions(task) };
  const frames = new Map<string, ShownFrame>();
  const result = await runProject(project, request, {
    runId,
    attempt,
    signal: parent.signal,
    emit: (event) => emitWithoutOutput(event, parent),
    takeLease: acquireRemoteLease(parent),
    runParts: askForParts(task, parent),
    onShown: (cell, shown) => frames.set(cell, shown),
    keep: (told, store) => keepResult(store, { result: told, attempt, frames }, parent),
  });
  return toSummary(result);
}

function toRequested({ inputs, textInputs }: RunTask): RequestedInputs {
  const values = Object.entries(inputs);
  const texts = values.filter(([name]) => textInputs.includes(name));
  return new Map([...toRequestedInputs(values), ...toRequestedInputs(texts, { form: "text" })]);
}

/** Outputs may be large, and are in the store. */
function emitWithoutOutput(event: RunEvent, parent: Parent): void {
  if (event.type === "run-ended") return;
  if (event.type === "cell-ended") {
    const { output: _, ...cell } = event.cell;
    parent.emit({ type: "cell-ended", cell });
  } else parent.emit(event);
}

function toSummary(result: RunResult): RunSummary {
  return { ...result, cells: result.cells.map(({ output: _, ...cell }) => cell) };
}

function askForParts({ context }: RunTask, parent: Parent): RunParts {
  return async ({ signal: _, onEnded, ...order }) => {
    parent.onNote(NOTES.partsEnded, (note) => {
      const { frame, ended } = note as { readonly frame: string; readonly ended: number };
      if (frame === order.frame) onEnded(ended);
    });
    await parent.call(CALLS.runParts, { ...order, context });
  };
}

/** The frame of the part, or its failure, is in the store. */
async function runPart(task: PartTask, parent: Parent): Promise<"computed" | "failed"> {
  const { directory, context, index, runId, attempt, cell, frame } = task;
  const { config, cells } = await openProject(directory, { runtimeUrl });
  const { store, secrets } = await openProjectStore({ directory, config }, process.env);
  const { redact, openLines } = toRedactor(secrets);
  const redactLine = openLines();
  try {
    return await computePart({
      exchange: { store, runId, attempt, cell, frame },
      index,
      context,
      cells,
      secrets,
      redact,
      redactLine: (line) => redactLine("log", line),
      signal: parent.signal,
    });
  } finally {
    await store.close();
  }
}

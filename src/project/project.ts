import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { type CellGraph, toGraph } from "../cell/graph.ts";
import { planRun, type RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import type { RunEvent, RunResult, RunTrigger } from "../run/run-event.ts";
import { runPlan } from "../run/run-plan.ts";
import type { LeaseTimes } from "../run/run-publishing.ts";
import { type LoadedCells, loadCells } from "../source/load-cells.ts";
import { type Config, readConfig } from "./config.ts";
import { writeFrameDeclarations } from "./frame-declarations.ts";
import { type RequestedInputs, toInputs } from "./inputs.ts";
import { openProjectStore, toHolder } from "./project-store.ts";
import { toRedact } from "./redact.ts";

/** What every door asks for. */
export interface RunRequest {
  readonly context: RunContext;
  readonly inputs: RequestedInputs;
  readonly trigger: RunTrigger;
  /** publishes frames also when they lost columns that cells below them read */
  readonly acceptSchema?: boolean;
}

/** How a run is watched and stopped; by default nobody watches. */
export interface RunHooks {
  readonly emit?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  /** by default others wait for 30 s when this process no longer answers */
  readonly leaseTimes?: LeaseTimes;
}

export interface OpenProjectOptions {
  /** where secrets and HEX_STORE are looked up; defaults to the process's own */
  readonly environment?: NodeJS.ProcessEnv;
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
}

/** A project's folder, read and checked once. */
export interface Project {
  readonly directory: string;
  readonly config: Config;
  readonly cells: LoadedCells;
  readonly graph: CellGraph;
}

/**
 * Reads a project's config and cells; computes nothing and does not touch the store.
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_CELL_INVALID, HEX_CELL_CYCLE
 */
export async function openProject(
  folder: string,
  { environment = process.env, runtimeUrl }: OpenProjectOptions,
): Promise<Project> {
  const directory = resolve(folder);
  const config = await readConfig(directory, environment);
  const cells = await loadCells({
    projectDirectory: directory,
    cellsDirectory: join(directory, config.cells),
    runtimeUrl,
  });
  return { directory, config, cells, graph: toGraph(cells.cells) };
}

/** What a run in a context would do, and why. */
export function planProject(
  { graph, config }: Project,
  context: RunContext,
  options: { readonly isShared?: boolean } = {},
): RunPlan {
  return planRun(graph, { context, computeIn: config.computeIn, ...options });
}

/**
 * Runs a project's cells as asked.
 * @throws {HexError} HEX_INPUT_INVALID, HEX_SECRET_MISSING, HEX_STORE_UNAVAILABLE before anything
 * has run; once cells run, a failure is told by the result
 */
export async function runProject(
  project: Project,
  request: RunRequest,
  { emit = () => undefined, signal = new AbortController().signal, leaseTimes = {} }: RunHooks = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunResult> {
  const { directory, config, cells } = project;
  const inputs = toInputs(project, request.inputs);
  const { store, secrets } = await openProjectStore({ directory, config }, environment);
  const redact = toRedact(secrets);
  try {
    const { machines, retention, maxAgeMs } = config;
    const result = await runPlan({
      runId: randomUUID(),
      trigger: request.trigger,
      plan: planProject(project, request.context),
      sharedPlan: planProject(project, request.context, { isShared: true }),
      cells,
      store,
      machines,
      retention,
      maxAgeMs,
      acceptSchema: request.acceptSchema === true,
      holder: toHolder(),
      leaseTimes,
      inputs,
      hasDefaultInputs: request.inputs.size === 0,
      secrets,
      redact,
      signal,
      emit: (event) => emit(redact(event)),
      now: Date.now,
    });
    if (result.status === "completed") await writeFrameDeclarations(project, result);
    return redact(result);
  } finally {
    await store.close();
  }
}

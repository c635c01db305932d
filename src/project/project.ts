import { join, resolve } from "node:path";
import { type CellGraph, toGraph } from "../cell/graph.ts";
import { planRun, type RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import { toRedactor } from "../run/redact/redactor.ts";
import { type LoadedCells, loadCells } from "../source/load-cells.ts";
import { checkPage } from "./check-page.ts";
import { type Config, readConfig } from "./config.ts";
import { checkScheduleInputs } from "./schedule-inputs.ts";
import { readSecrets } from "./secrets.ts";

export interface OpenProjectOptions {
  /** where secrets and HEX_STORE are looked up; defaults to the process's own */
  readonly environment?: NodeJS.ProcessEnv;
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
  /** called before any cell is evaluated, with what Node would load; throws where none may be */
  readonly beforeEvaluating?: (loadedByNode: string) => void;
}

/** Where a project is, and what its config says. */
export interface ProjectPlace {
  readonly directory: string;
  readonly config: Config;
  /** URL of the module that cells get when they import "hex-runtime" */
  readonly runtimeUrl: string;
}

/** A project's folder, read and checked once. */
export interface Project extends ProjectPlace {
  readonly cells: LoadedCells;
  readonly graph: CellGraph;
}

/**
 * Reads a project's config and cells; computes nothing and does not touch the store.
 * @throws {HexError} HEX_CONFIG_INVALID, HEX_CELL_INVALID, HEX_CELL_CYCLE, and
 * HEX_INPUT_INVALID when a schedule asks for what no run could get
 */
export async function openProject(
  folder: string,
  { environment = process.env, runtimeUrl, beforeEvaluating }: OpenProjectOptions,
): Promise<Project> {
  const directory = resolve(folder);
  const config = await readConfig(directory, environment);
  const cells = await loadCells({
    projectDirectory: directory,
    cellsDirectory: join(directory, config.cells),
    runtimeUrl,
    beforeEvaluating,
  }).catch(async (thrown: unknown) => {
    throw await withoutSecrets(thrown, { directory, config, environment });
  });
  checkScheduleInputs({ cells, config });
  checkPage(config, cells.cells);
  return { directory, config, runtimeUrl, cells, graph: toGraph(cells.cells) };
}

/** A failure of the cells' code, which may tell what it has read of the environment. */
async function withoutSecrets(
  thrown: unknown,
  {
    directory,
    config,
    environment,
  }: Pick<ProjectPlace, "directory" | "config"> & {
    readonly environment: NodeJS.ProcessEnv;
  },
): Promise<unknown> {
  if (!(thrown instanceof HexError) || config.secrets.length === 0) return thrown;
  // Secrets that are missing are told of by whoever needs them.
  const secrets = await readSecrets(config.secrets, directory, environment).catch(() => ({}));
  return new HexError(thrown.code, toRedactor(secrets).redact(thrown.message, "text"));
}

/** What a run in a context would do, and why. */
export function planProject(
  { graph, config }: Project,
  context: RunContext,
  options: { readonly isShared?: boolean } = {},
): RunPlan {
  return planRun(graph, { context, computeIn: config.computeIn, ...options });
}

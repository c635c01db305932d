import { join, resolve } from "node:path";
import { type CellGraph, toGraph } from "../cell/graph.ts";
import { planRun, type RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import { expectation, HexError } from "../errors.ts";
import { toRedactor } from "../run/redact/redactor.ts";
import { type LoadedCells, loadCells } from "../source/load-cells.ts";
import { CONFIG_FILE, type Config, readConfig } from "./config.ts";
import { checkScheduleInputs } from "./inputs.ts";
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

/** A project's folder, read and checked. */
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
    python: config.python,
    beforeEvaluating,
  }).catch(async (thrown: unknown) => {
    throw await withoutSecrets(thrown, { directory, config, environment });
  });
  checkScheduleInputs({ cells, config });
  checkPage(config, cells.cells);
  return { directory, config, runtimeUrl, cells, graph: toGraph(cells.cells) };
}

interface SecretsPlace extends Pick<ProjectPlace, "directory" | "config"> {
  readonly environment: NodeJS.ProcessEnv;
}

/** A failure of the cells' code, whose message may hold values of the environment. */
async function withoutSecrets(
  thrown: unknown,
  { directory, config, environment }: SecretsPlace,
): Promise<unknown> {
  if (!(thrown instanceof HexError) || config.secrets.length === 0) return thrown;
  // The code that needs a missing secret reports it.
  const secrets = await readSecrets(config.secrets, directory, environment).catch(() => ({}));
  return new HexError(thrown.code, toRedactor(secrets).redact(thrown.message, "text"));
}

/**
 * Refuses a page that shows or hides cells which the project does not have.
 * @throws {HexError} HEX_CONFIG_INVALID that lists the cells there are
 */
function checkPage(
  { page: { layout = [], hide } }: Pick<Config, "page">,
  cells: readonly { readonly name: string }[],
): void {
  const known = cells.map(({ name }) => name);
  const placed = layout.flatMap(({ rows }) => rows.flat());
  const unknown = [...placed, ...hide].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw expectation("HEX_CONFIG_INVALID", {
    place: `the cells that \`page\` in ${CONFIG_FILE} names`,
    expected: `cells of this project (${known.join(", ")})`,
    got: unknown.map((name) => JSON.stringify(name)).join(", "),
    hint: "a cell is named as its file is, without number and ending",
  });
}

/** The plan of a run in a context. */
export function planProject(
  { graph, config }: Project,
  context: RunContext,
  options: { readonly isShared?: boolean } = {},
): RunPlan {
  return planRun(graph, { context, computeIn: config.computeIn, ...options });
}

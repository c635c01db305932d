import { parseRunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import { openProject } from "../project/project.ts";
import type { RunResult } from "../run/run-event.ts";
import { planRequest } from "../work/plan-changed.ts";
import { runProject } from "../work/run-project.ts";
import type { RunRequest } from "../work/run-task.ts";
import { EXIT_COMPLETED, toRunExitCode } from "./exit-code.ts";
import { parseInputFlag } from "./input-flag.ts";
import type { MainOptions } from "./main.ts";
import { openProgress } from "./progress.ts";
import { redactPrinted } from "./redact-printed.ts";
import { renderPlan } from "./render-plan.ts";
import { say, sayJson, warn } from "./terminal.ts";

/** The flags of `hex run`, as commander hands them over. */
export interface RunFlags {
  readonly context: string;
  readonly input: readonly string[];
  readonly project: string;
  readonly json?: true;
  readonly plan?: true;
  readonly quiet?: true;
  readonly acceptSchema?: true;
  readonly changed?: true;
  readonly overwrite?: readonly string[];
  readonly detach?: true;
}

/** `hex run`: one run of a project's cells, told on stdout; gives the exit code. */
export async function run(flags: RunFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const startedMs = Date.now();
  const endRedacting = await redactPrinted(flags.project);
  try {
    const request: RunRequest = {
      context: parseRunContext(flags.context, "--context"),
      inputs: new Map(flags.input.map(parseInputFlag)),
      trigger: "cli",
      acceptSchema: flags.acceptSchema === true,
      compute: flags.changed === true ? "changed" : "all",
      overwrite: flags.overwrite ?? [],
    };
    const project = await openProject(flags.project, { runtimeUrl });
    if (flags.plan === true || flags.detach === true) endRedacting();
    if (flags.plan === true) return await printPlan(project, request, flags);
    if (flags.detach === true) return await detach(project, request, flags);
    const result = await runWatched(project, request, flags);
    endRedacting();
    await printResult(project, result, flags);
    return toRunExitCode(result);
  } catch (thrown) {
    endRedacting();
    if (flags.json === true && thrown instanceof HexError) {
      sayJson(toFailedResult(flags, thrown, startedMs));
    }
    throw thrown;
  }
}

type OpenProject = Awaited<ReturnType<typeof openProject>>;

async function printPlan(project: OpenProject, request: RunRequest, flags: RunFlags) {
  const plan = await planRequest(project, request);
  if (flags.json === true) sayJson(plan);
  else say(renderPlan(plan));
  return toRunExitCode({});
}

/** Leaves the run to a worker. */
async function detach(project: OpenProject, request: RunRequest, flags: RunFlags): Promise<number> {
  const { submitFromHere } = await import("../work/submit-run.ts");
  const { runId } = await submitFromHere(project, request);
  if (flags.json === true) sayJson({ runId, context: request.context, status: "queued" });
  else say(runId);
  return EXIT_COMPLETED;
}

/** Runs with progress shown; Ctrl-C cancels the run, and a second one ends the process at once. */
async function runWatched(
  project: OpenProject,
  request: RunRequest,
  flags: RunFlags,
): Promise<RunResult> {
  const controller = new AbortController();
  const onInterrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new HexError("HEX_CANCELLED", "the run was interrupted"));
  };
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
  const progress = await openProgress(process.stderr, { quiet: flags.quiet === true });
  try {
    return await runProject(project, request, {
      emit: progress.show,
      signal: controller.signal,
      isApart: true,
    });
  } finally {
    progress.close();
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
  }
}

async function printResult(
  { config, cells }: OpenProject,
  result: RunResult,
  flags: RunFlags,
): Promise<void> {
  if (flags.json === true) {
    sayJson(result);
    return;
  }
  const { renderResult } = await import("./render-result.ts");
  const titles = new Map(cells.cells.map(({ name, title }) => [name, title ?? name]));
  say(await renderResult(config.name, titles, result));
  if (result.error !== undefined) {
    warn(`${result.error.message} [${result.error.code}]`);
  }
}

/** A run that failed before it began has the shape of one that failed later. */
function toFailedResult({ context }: RunFlags, error: HexError, startedMs: number) {
  return {
    runId: null,
    context,
    status: "failed",
    startedAt: new Date(startedMs).toISOString(),
    elapsedMs: Date.now() - startedMs,
    version: null,
    cells: [],
    error: { code: error.code, message: error.message },
  };
}

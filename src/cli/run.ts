import { resolve } from "node:path";
import type { RunPlan } from "../cell/plan.ts";
import { parseRunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import { readConfig } from "../project/config.ts";
import { openProject } from "../project/project.ts";
import { readSecrets } from "../project/secrets.ts";
import { toRedactor } from "../run/redact/redactor.ts";
import type { RunResult } from "../run/run-event.ts";
import { planRequest } from "../work/plan-changed.ts";
import { runProject } from "../work/run-project.ts";
import type { RunRequest } from "../work/run-task.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parseInputFlag,
  toRunExitCode,
  untilInterrupted,
} from "./command.ts";
import { openProgress } from "./progress.ts";
import { renderColumns } from "./render.ts";
import { say, sayJson, sayResult, warn } from "./terminal.ts";

/** The flags of `hex run`. */
export interface RunFlags extends CommandFlags {
  readonly context: string;
  readonly input: readonly string[];
  readonly plan?: true;
  readonly quiet?: true;
  readonly acceptSchema?: true;
  readonly changed?: true;
  readonly overwrite?: readonly string[];
  readonly detach?: true;
}

/** `hex run`: one run of a project's cells, with its result on stdout. */
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
  sayResult(flags, plan, () => renderPlan(plan));
  return EXIT_COMPLETED;
}

/** A plan as a table: each cell's action and the reason. */
function renderPlan({ context, cells }: RunPlan): string {
  const rows = cells.map(({ name, action, reason, frame }) => [
    name,
    action,
    frame === undefined ? reason : `${reason} (${frame})`,
  ]);
  return [`Plan of a run in the context ${context}`, "", renderColumns(rows)].join("\n");
}

/** Queues the run for a worker. */
async function detach(project: OpenProject, request: RunRequest, flags: RunFlags): Promise<number> {
  const { submitFromHere } = await import("../work/submit-run.ts");
  const { runId } = await submitFromHere(project, request);
  sayResult(flags, { runId, context: request.context, status: "queued" }, () => runId);
  return EXIT_COMPLETED;
}

/** Runs with progress shown; Ctrl-C cancels the run. */
async function runWatched(
  project: OpenProject,
  request: RunRequest,
  flags: RunFlags,
): Promise<RunResult> {
  return untilInterrupted("the run was interrupted", async ({ signal }) => {
    const progress = await openProgress(process.stderr, { quiet: flags.quiet === true });
    try {
      return await runProject(project, request, { emit: progress.show, signal, isApart: true });
    } finally {
      progress.close();
    }
  });
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

/**
 * Redacts the project's secrets in all output of this process, which includes its cells', until the
 * returned function is called. A project that cannot be read is left to the next reader's error.
 */
async function redactPrinted(folder: string): Promise<() => void> {
  const directory = resolve(folder);
  const secrets = await readConfig(directory, process.env)
    .then((config) => readSecrets(config.secrets, directory, process.env))
    .catch(toNothing);
  if (Object.keys(secrets).length === 0) return () => undefined;
  const redact = toRedactor(secrets).openPrinted();
  const streams = [process.stdout, process.stderr];
  const restores = streams.map((stream, index) =>
    redactWrites(stream, (text) => redact(`${index}`, text)),
  );
  return () => {
    for (const restore of restores) restore();
  };
}

function toNothing(thrown: unknown): Readonly<Record<string, string>> {
  if (thrown instanceof HexError) return {};
  throw thrown;
}

function redactWrites(stream: NodeJS.WriteStream, redact: (text: string) => string): () => void {
  const { write } = stream;
  const writeRedacted = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const [encoding] = rest;
    const isOther = typeof encoding === "string" && !/^utf-?8$/i.test(encoding);
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    // Binary output stays as it is: decoding would damage it.
    const redacted = isOther || text.includes("\ufffd") ? chunk : redact(text);
    return Reflect.apply(write, stream, [redacted, ...rest]);
  };
  stream.write = writeRedacted as typeof write;
  return () => {
    stream.write = write;
  };
}

import { parseRunContext } from "../cell/run-context.ts";
import { expectation } from "../errors.ts";
import { RUN_STATES, type RunState } from "../run/history/run-record.ts";
import { findProjectRun, listProjectRuns, readProjectLog } from "../work/run-lookup.ts";
import { EXIT_COMPLETED } from "./exit-code.ts";
import { renderLog, renderRun, renderRuns } from "./render-runs.ts";
import { say, sayJson, warn } from "./terminal.ts";

/** The flags that the commands on runs share. */
export interface RunsFlags {
  readonly project: string;
  readonly json?: true;
}

/** The flags of `hex runs list`. */
export interface ListFlags extends RunsFlags {
  readonly context?: string;
  readonly status?: string;
  readonly limit: string;
  readonly before?: string;
}

/** `hex runs list`: which runs there were, the newest first. */
export async function list(flags: ListFlags): Promise<number> {
  const { project, json, context, status, before } = flags;
  const { runs, next, warnings } = await listProjectRuns(project, {
    context: context === undefined ? undefined : parseRunContext(context, "--context"),
    state: status === undefined ? undefined : parseStatus(status),
    limit: parseLimit(flags.limit),
    before,
  });
  for (const warning of warnings) warn(warning);
  if (json === true) sayJson({ runs, next: next ?? null, warnings });
  else if (runs.length === 0) say("No such run is known.");
  else say(renderRuns(runs, Date.now()));
  return EXIT_COMPLETED;
}

/** `hex runs show RUN`: what became of a run. */
export async function show(runId: string, { project, json }: RunsFlags): Promise<number> {
  const record = await findProjectRun(project, runId);
  if (json === true) sayJson(record);
  else say(renderRun(record, Date.now()));
  return EXIT_COMPLETED;
}

/** `hex runs logs RUN`: what a run and its cells have said. */
export async function logs(runId: string, { project, json }: RunsFlags): Promise<number> {
  const lines = await readProjectLog(project, runId);
  if (json === true) sayJson({ lines });
  else if (lines.length === 0) warn("The run has logged nothing.");
  else say(renderLog(lines));
  return EXIT_COMPLETED;
}

function parseStatus(status: string): RunState {
  const state = RUN_STATES.find((each) => each === status);
  if (state !== undefined) return state;
  const expected = `one of ${RUN_STATES.join(", ")}`;
  throw expectation("HEX_USAGE", { place: "--status", expected, got: JSON.stringify(status) });
}

function parseLimit(limit: string): number {
  if (/^[1-9]\d{0,4}$/.test(limit)) return Number(limit);
  const expected = "a whole number from 1 to 99999";
  throw expectation("HEX_USAGE", { place: "--limit", expected, got: JSON.stringify(limit) });
}

import { openProjectRuns } from "../work/project-runs.ts";
import { cancelRun } from "../work/recover-runs.ts";
import { findRun } from "../work/run-lookup.ts";
import { EXIT_COMPLETED } from "./exit-code.ts";
import type { MainOptions } from "./main.ts";
import type { RunsFlags } from "./runs.ts";
import { say, sayJson } from "./terminal.ts";

/** `hex runs cancel RUN`: takes back a run that waits, or stops one that goes. */
export async function cancel(
  idOrPrefix: string,
  { project, json }: RunsFlags,
  { runtimeUrl }: MainOptions,
): Promise<number> {
  const runs = await openProjectRuns(project, { runtimeUrl });
  try {
    const record = await findRun(runs.history, idOrPrefix);
    const { runId, state } = record;
    const answer = await cancelRun(runs, record);
    if (json === true) sayJson({ runId, cancellation: answer });
    else say(ANSWERS[answer](state));
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

const ANSWERS = {
  cancelled: () => "The run is cancelled.",
  requested: () => "The run is told to stop; `hex runs show` tells when it has.",
  ended: (state: string) => `The run had ended before: ${state}.`,
  untold: () => "The run goes in an older hex-runtime, which hears of nothing: stop it there.",
};

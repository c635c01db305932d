import { runWorker } from "../../src/work/worker.ts";
import { until } from "../work/project-processes.ts";
import type { ServedProject } from "./served-project.ts";

/** Carries out what waits, until a run has ended. */
export async function carryOut({ runs }: Pick<ServedProject, "runs">, runId: string) {
  const stop = new AbortController();
  const work = runWorker(runs, { signal: stop.signal, drainMs: 10_000, onEvent: () => undefined });
  try {
    await until(`run ${runId} to end`, async () => {
      const record = await runs.history.read(runId);
      return record !== undefined && record.endedAt !== null;
    });
  } finally {
    stop.abort();
    await work;
  }
}

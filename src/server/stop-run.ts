import type { RunRecord } from "../run/history/run-record.ts";
import { cancelRun } from "../work/recover-runs.ts";
import { HttpFailure } from "./http-failure.ts";
import type { Served } from "./served.ts";

/**
 * Cancels a run on behalf of a person.
 * @throws {HttpFailure} 422 when it cannot be stopped from here
 */
export async function stopRun(record: RunRecord, { runs }: Pick<Served, "runs">): Promise<void> {
  switch (await cancelRun(runs, record)) {
    case "cancelled":
    case "requested":
      return;
    case "ended":
      throw new HttpFailure(422, "Expected the run to be waiting or going, got one that is over");
    case "untold":
      throw new HttpFailure(
        422,
        "Expected a run that can be told to stop, got one that goes in an older hex-runtime (stop it there)",
      );
  }
}

import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import { healRun } from "./heal-runs.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { endCancelled } from "./run-end.ts";

/** What a cancellation met: a run that now never goes, one that is told to stop, or one that had ended. */
export type CancelledRun = "cancelled" | "requested" | "ended" | "direct";

/**
 * Cancels a run that waits or goes; `direct` is one that whoever asked for it carries out, and stops.
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_QUEUE_UNAVAILABLE
 */
export async function cancelRun(runs: ProjectRuns, record: RunRecord): Promise<CancelledRun> {
  if (isFinal(record.state)) return "ended";
  if (!record.isQueued) return "direct";
  const answer = await runs.queue.cancel(record.runId);
  switch (answer) {
    case "requested":
      return "requested";
    case "cancelled":
    case "unknown":
      await endCancelled(runs, record);
      return "cancelled";
    case "ended":
      // Whoever ended it may have been killed before history was told.
      await healRun(runs, record);
      return "ended";
  }
}

import { setTimeout as wait } from "node:timers/promises";
import { MarkWatch } from "../run/history/run-mark.ts";
import { isFinal, type RunRecord } from "../run/history/run-record.ts";
import { healRun, isLeft } from "./heal-runs.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { endCancelled } from "./run-end.ts";

/**
 * What a cancellation met: a run that now never goes, one that is told to stop, or one that had ended.
 * `untold`: an older build carries it out, which hears of nothing.
 */
export type CancelledRun = "cancelled" | "requested" | "ended" | "untold";

const LOOK_MS = 500;

/**
 * Cancels a run that waits or goes. For one that no queue looks after it waits for a sign of life of
 * its process, at most some ten seconds; where there is none, it is cancelled then.
 * @throws {HexError} HEX_STORE_UNAVAILABLE, HEX_QUEUE_UNAVAILABLE
 */
export async function cancelRun(runs: ProjectRuns, record: RunRecord): Promise<CancelledRun> {
  if (isFinal(record.state)) return "ended";
  if (!record.isQueued) return cancelDirect(runs, record);
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

async function cancelDirect(runs: ProjectRuns, record: RunRecord): Promise<CancelledRun> {
  const { history, config } = runs;
  const watch = new MarkWatch();
  const isAsked = await history.askToStop(record.runId);
  for (;;) {
    const standing = await history.standing(record.runId, watch);
    if (isLeft(standing, record, { config, now: Date.now })) {
      await endCancelled(runs, record);
      // What it has published before stands: then it has completed.
      return toEnded(await history.read(record.runId));
    }
    if (standing === "ended") return toEnded(await history.read(record.runId));
    if (!isAsked) return "untold";
    if (standing === "heard") return "requested";
    await wait(LOOK_MS);
  }
}

function toEnded(record: RunRecord | undefined): CancelledRun {
  return record?.state === "cancelled" ? "cancelled" : "ended";
}

import type { ListedRun, RunList } from "../../history-state.ts";

/** The newest runs looked up anew, and the older ones that were shown before. */
export function mergeNewest(shown: RunList, newest: RunList): RunList {
  const last = newest.runs.at(-1);
  // What is not told although it is as new as what is told no longer fits the filter.
  const older = newest.next === null ? [] : shown.runs.filter((run) => isOlder(run, last));
  if (older.length === 0) return newest;
  return { ...newest, runs: [...newest.runs, ...older], next: shown.next };
}

/** What was shown, and the next older runs after it. */
export function addOlder(shown: RunList, older: RunList): RunList {
  const known = new Set(shown.runs.map(({ runId }) => runId));
  const added = older.runs.filter(({ runId }) => !known.has(runId));
  return {
    runs: [...shown.runs, ...added],
    next: older.next,
    warnings: [...shown.warnings, ...older.warnings],
  };
}

/** Ids of runs sort by when they were accepted. */
function isOlder({ runId }: ListedRun, last: ListedRun | undefined): boolean {
  return last !== undefined && runId < last.runId;
}

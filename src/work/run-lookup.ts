import { expectation } from "../errors.ts";
import { openProjectHistory, withProjectStore } from "../project/project-store.ts";
import type { RunListPage, RunQuery } from "../run/history/list-runs.ts";
import type { RunHistory } from "../run/history/run-history.ts";
import { isRunId, isRunIdPrefix } from "../run/history/run-id.ts";
import type { LogLine } from "../run/history/run-log.ts";
import type { RunRecord } from "../run/history/run-record.ts";

/** The runs of a project that are asked for, the newest first; it searches until there are enough. */
export function listProjectRuns(folder: string, query: RunQuery): Promise<RunListPage> {
  return withHistory(folder, (history) => history.find(query));
}

/**
 * The record of one run of a project.
 *
 * @param idOrPrefix its id, or as much of its beginning as no other run has
 * @throws {HexError} HEX_RUN_UNKNOWN when there is none; HEX_USAGE when there are several
 */
export function findProjectRun(folder: string, idOrPrefix: string): Promise<RunRecord> {
  return withHistory(folder, (history) => findRun(history, idOrPrefix));
}

/** The log of one run of a project; named and failing as `findProjectRun`. */
export function readProjectLog(folder: string, idOrPrefix: string): Promise<readonly LogLine[]> {
  return withHistory(folder, async (history) => {
    const { runId } = await findRun(history, idOrPrefix);
    return history.readLog(runId);
  });
}

function withHistory<Result>(
  folder: string,
  use: (history: RunHistory) => Promise<Result>,
): Promise<Result> {
  return withProjectStore(folder, (store, config) => use(openProjectHistory(store, config)));
}

export async function findRun(history: RunHistory, idOrPrefix: string): Promise<RunRecord> {
  const runId = await findRunId(history, idOrPrefix);
  const record = runId === undefined ? undefined : await history.read(runId);
  if (record !== undefined) return record;
  throw expectation("HEX_RUN_UNKNOWN", {
    place: "the run id",
    expected: "that of a run which history still keeps",
    got: JSON.stringify(idOrPrefix),
    hint: "`hex runs list` lists them",
  });
}

async function findRunId(history: RunHistory, idOrPrefix: string): Promise<string | undefined> {
  if (isRunId(idOrPrefix)) return idOrPrefix;
  if (!isRunIdPrefix(idOrPrefix)) {
    throw expectation("HEX_USAGE", {
      place: "the run id",
      expected: "one that `hex runs list` lists, or its first 8 characters or more",
      got: JSON.stringify(idOrPrefix),
    });
  }
  const [runId, ...others] = await history.findIds(idOrPrefix);
  if (others.length === 0) return runId;
  throw expectation("HEX_USAGE", {
    place: "the run id",
    expected: "the beginning of one id only",
    got: `${JSON.stringify(idOrPrefix)}, which ${others.length + 1} runs have`,
    hint: "give more of its characters",
  });
}

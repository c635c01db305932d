import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { RUN_CONTEXTS } from "../../../cell/run-context.ts";
import type { ListedRun, RunList } from "../../history-state.ts";
import { Notice } from "../design/notice.tsx";
import { fetchJson, type RequestFailure } from "../server/requests.ts";

import { Choice } from "./parts.tsx";
import { ALL_RUNS, type Go, type RunFilter, toSearch } from "./place.tsx";
import { RunTable, STATES } from "./run-table.tsx";
import { FailureNote, FetchState, toFailure, useFetch } from "./use-fetch.tsx";

const EVERY_MS = 5_000;
const AT_ONCE = 50;

interface RunListProps {
  readonly filter: RunFilter;
  readonly go: Go;
}

/** The history: runs, newest first, as they come. */
export function RunListView({ filter, go }: RunListProps): JSX.Element {
  const { context, state, schedule } = filter;
  const path = `/page/runs${toSearch({ context, state, schedule, limit: String(AT_ONCE) })}`;
  const ask = useCallback((signal: AbortSignal) => fetchJson<RunList>(path, { signal }), [path]);
  const fetched = useFetch({ ask, everyMs: EVERY_MS, merge: mergeNewest });
  const { answer } = fetched;
  const older = useOlder(path, answer, fetched.replace);
  return (
    <>
      <RunFilters filter={filter} go={go} />
      <FetchState of={fetched} waiting="Looking up runs…" />
      {answer !== undefined && answer.runs.length > 0 && <RunTable runs={answer.runs} go={go} />}
      {answer?.runs.length === 0 && <NoRuns filter={filter} go={go} isAll={answer.next === null} />}
      {answer?.warnings.map((warning) => (
        <Notice tone="warn" key={warning}>
          {warning}
        </Notice>
      ))}
      {older.failure !== undefined && <FailureNote failure={older.failure} />}
      {answer !== undefined && answer.next !== null && (
        <button type="button" class="button" disabled={older.isBusy} onClick={older.look}>
          {older.isBusy ? "Looking…" : "Show older runs"}
        </button>
      )}
    </>
  );
}

/** Looks further back, when the viewer asks for it. */
function useOlder(path: string, shown: RunList | undefined, replace: (runs: RunList) => void) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<RequestFailure>();
  async function read(before: string, known: RunList): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      replace(addOlder(known, await fetchJson<RunList>(`${path}&before=${before}`)));
    } catch (thrown) {
      setFailure(toFailure(thrown));
    }
    setBusy(false);
  }
  const look = () => {
    if (shown !== undefined && shown.next !== null) void read(shown.next, shown);
  };
  return { isBusy, failure, look };
}

interface NoRunsProps extends RunListProps {
  /** whether all of history was looked through */
  readonly isAll: boolean;
}

function NoRuns({ filter, go, isAll }: NoRunsProps): JSX.Element {
  const isFiltered = toSearch({ ...filter }) !== "";
  if (!isFiltered) {
    return (
      <p class="runs-none">
        No run is in the history yet. <code>hex run --context logic</code> makes the first.
      </p>
    );
  }
  return (
    <p class="runs-none">
      {isAll
        ? "No run in the history is like that. "
        : "None so far; older runs may be like that. "}
      <button type="button" class="button" onClick={() => go({ view: "runs", filter: ALL_RUNS })}>
        Show all runs
      </button>
    </p>
  );
}

interface RunFiltersProps {
  readonly filter: RunFilter;
  readonly go: Go;
}

/** Which runs are listed; it stands in the address, so that it can be shared. */
function RunFilters({ filter, go }: RunFiltersProps): JSX.Element {
  const set = (change: Partial<RunFilter>) =>
    go({ view: "runs", filter: { ...filter, ...change } }, "replace");
  const isFiltered = Object.values(filter).some((value) => value !== "");
  return (
    <form class="runs-filters" aria-label="Which runs" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Context"
        value={filter.context}
        values={RUN_CONTEXTS}
        onChoose={(context) => set({ context })}
      />
      <Choice
        label="State"
        value={filter.state}
        values={STATES}
        onChoose={(state) => set({ state })}
      />
      {filter.schedule !== "" && (
        <p class="runs-filter">
          Filed by the schedule <strong>{filter.schedule}</strong>
        </p>
      )}
      {isFiltered && (
        <button
          type="button"
          class="button"
          onClick={() => go({ view: "runs", filter: ALL_RUNS }, "replace")}
        >
          All runs
        </button>
      )}
    </form>
  );
}

/** The newest runs looked up anew, and the older ones that were shown before. @internal */
export function mergeNewest(shown: RunList, newest: RunList): RunList {
  const last = newest.runs.at(-1);
  // A run as new as these that is not among them no longer fits the filter.
  const older = newest.next === null ? [] : shown.runs.filter((run) => isOlder(run, last));
  if (older.length === 0) return newest;
  return { ...newest, runs: [...newest.runs, ...older], next: shown.next };
}

/** The runs that were shown, and the next older ones after them. @internal */
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

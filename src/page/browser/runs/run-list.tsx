import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import type { RunList as Runs } from "../../history-state.ts";
import { askJson } from "../ask/ask-page.ts";
import type { PageFailure } from "../ask/page-failure.ts";
import { Notice } from "../design/notice.tsx";
import { FailureNote } from "./failure-note.tsx";
import { addOlder, mergeNewest } from "./merge-runs.ts";
import { RunFilters } from "./run-filters.tsx";
import { RunTable } from "./run-table.tsx";
import { ALL_RUNS, type RunFilter, toSearch } from "./runs-place.ts";
import { toFailure, useAsked } from "./use-asked.ts";
import type { Go } from "./use-place.ts";

const EVERY_MS = 5_000;
const AT_ONCE = 50;

interface RunListProps {
  readonly filter: RunFilter;
  readonly go: Go;
}

/** The history: runs, newest first, as they come. */
export function RunList({ filter, go }: RunListProps): JSX.Element {
  const { context, state, schedule } = filter;
  const path = `/page/runs${toSearch({ context, state, schedule, limit: String(AT_ONCE) })}`;
  const ask = useCallback((signal: AbortSignal) => askJson<Runs>(path, { signal }), [path]);
  const { answer, failure, again, replace } = useAsked({
    ask,
    everyMs: EVERY_MS,
    merge: mergeNewest,
  });
  const older = useOlder(path, answer, replace);
  return (
    <>
      <RunFilters filter={filter} go={go} />
      {failure !== undefined && <FailureNote failure={failure} again={again} />}
      {answer === undefined && failure === undefined && <p class="runs-wait">Looking up runs…</p>}
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
function useOlder(path: string, shown: Runs | undefined, replace: (runs: Runs) => void) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<PageFailure>();
  async function read(before: string, known: Runs): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    try {
      replace(addOlder(known, await askJson<Runs>(`${path}&before=${before}`)));
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

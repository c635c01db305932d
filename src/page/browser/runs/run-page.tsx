import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunState } from "../../../run/history/run-record.ts";
import type { ShownRun } from "../../history-state.ts";
import { Notice } from "../design/notice.tsx";
import { fetchJson } from "../server/requests.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { Timestamp } from "./formats.tsx";
import type { Go } from "./place.tsx";
import { ALL_RUNS, PlaceLink } from "./place.tsx";
import { RunFacts } from "./run-facts.tsx";
import { RunLog } from "./run-log.tsx";
import { StateBadge } from "./run-table.tsx";
import { toTimeline } from "./timeline.ts";
import { TimelinePicture, TimelineTable } from "./timeline-view.tsx";
import { FetchState } from "./use-fetch.tsx";
import { useRun } from "./use-run.ts";

interface RunPageProps {
  readonly runId: string;
  readonly go: Go;
}

/** One run: its request, its timeline, its log and its result. */
export function RunPage({ runId, go }: RunPageProps): JSX.Element {
  const { run, cells, lines, failure, again, nowMs } = useRun(runId);
  const back = (
    <p class="runs-back">
      <PlaceLink to={{ view: "runs", filter: ALL_RUNS }} go={go}>
        ← All runs
      </PlaceLink>
    </p>
  );
  if (run === undefined) {
    return (
      <>
        {back}
        <FetchState of={{ answer: run, failure, again }} waiting="Looking up the run…" />
      </>
    );
  }
  const timeline = toTimeline({ run, cells, nowMs });
  const { length: attempts } = run.attempts;
  const isEmpty = attempts === 0 || (attempts === 1 && timeline.cells.length === 0);
  return (
    <>
      {back}
      <div class="runs-head">
        <h2>
          Run of <Timestamp instant={run.startedAt ?? run.submittedAt} />
        </h2>
        <StateBadge state={run.state} />
        {run.mayCancel && <CancelRun runId={runId} state={run.state} again={again} />}
      </div>
      {run.error !== null && (
        <Notice tone={run.state === "failed" ? "bad" : "warn"}>
          {run.error.message} <code>{run.error.code}</code>
        </Notice>
      )}
      <RunFacts run={run} nowMs={nowMs} go={go} />
      <section aria-labelledby="run-timeline" class="runs-section">
        <h3 id="run-timeline">Timeline</h3>
        {isEmpty ? (
          <p class="runs-none">{describeNoCells(run)}</p>
        ) : (
          <>
            <TimelinePicture timeline={timeline} />
            <TimelineTable timeline={timeline} />
          </>
        )}
      </section>
      <RunLog runId={runId} lines={lines} isGoing={run.endedAt === null} />
    </>
  );
}

/** Why there is no timeline. */
function describeNoCells({ state, isQueued, isPublisher }: ShownRun): string {
  if (state === "queued") return "It waits for a worker; no cell has begun.";
  if (state === "running") {
    return isQueued
      ? "No cell has begun yet."
      : "It goes in a terminal, and nothing is told of its cells until it ends.";
  }
  return isPublisher
    ? "It has published, but its process was lost before it could tell of its cells."
    : "It ended before any cell began.";
}

interface CancelRunProps {
  readonly runId: string;
  readonly state: RunState;
  /** looks the run up anew */
  readonly again: () => void;
}

/** Ends a run that waits or goes, once the viewer has agreed. */
function CancelRun({ runId, state, again }: CancelRunProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const cancel = async () => {
    await fetchJson(`/page/runs/${encodeURIComponent(runId)}`, { method: "DELETE" });
    setAsked(true);
    again();
  };
  if (isAsked) {
    return (
      <p class="runs-hint" role="status">
        Cancelling…
      </p>
    );
  }
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        Cancel this run
      </button>
      {isAsking && (
        <ConfirmDialog
          title="Cancel this run?"
          confirm="Cancel the run"
          isDangerous
          act={cancel}
          onClose={() => setAsking(false)}
        >
          <p>
            {state === "queued"
              ? "It waits, and will never begin."
              : "Its cells are told to stop, and its process is ended a few seconds later. It publishes nothing; what was published before stays."}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

import type { JSX } from "preact";
import type { ShownRun } from "../../history-state.ts";
import { Notice } from "../design/notice.tsx";
import { CancelRun } from "./cancel-run.tsx";
import { FailureNote } from "./failure-note.tsx";
import { Moment } from "./moment.tsx";
import { PlaceLink } from "./place-link.tsx";
import { RunFacts } from "./run-facts.tsx";
import { RunLog } from "./run-log.tsx";
import { ALL_RUNS } from "./runs-place.ts";
import { StateBadge } from "./state-badge.tsx";
import { toTimeline } from "./timeline.ts";
import { TimelinePicture } from "./timeline-picture.tsx";
import { TimelineTable } from "./timeline-table.tsx";
import type { Go } from "./use-place.ts";
import { useRun } from "./use-run.ts";

interface RunPageProps {
  readonly runId: string;
  readonly go: Go;
}

/** One run: what it was asked, when what of it happened, its log, and what became of it. */
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
        {failure === undefined ? (
          <p class="runs-wait">Looking up the run…</p>
        ) : (
          <FailureNote failure={failure} again={again} />
        )}
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
          Run of <Moment instant={run.startedAt ?? run.submittedAt} />
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
          <p class="runs-none">{tellNoCells(run)}</p>
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
function tellNoCells({ state, isQueued, isPublisher }: ShownRun): string {
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

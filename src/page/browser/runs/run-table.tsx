import type { JSX } from "preact";
import type { RunState } from "../../../run/history/run-record.ts";
import { formatDuration } from "../../../text.ts";
import type { ListedRun } from "../../history-state.ts";
import { formatAgo, Timestamp } from "./formats.tsx";

import { TableHead } from "./parts.tsx";
import { type Go, PlaceLink } from "./place.tsx";

interface RunTableProps {
  readonly runs: readonly ListedRun[];
  readonly go: Go;
}

/** Runs in rows. A narrow window has some columns in a second line. */
export function RunTable({ runs, go }: RunTableProps): JSX.Element {
  return (
    <table class="runs-table">
      <caption class="only-heard">Runs, the newest first</caption>
      <TableHead
        columns={[
          ...["State", "Run of"],
          ["Duration", "is-number"],
          ["Context", "is-wide"],
          ["Started by", "is-wide"],
          ["Version", "is-wide"],
        ]}
      />
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.runId} run={run} go={go} />
        ))}
      </tbody>
    </table>
  );
}

function RunRow({ run, go }: { readonly run: ListedRun; readonly go: Go }): JSX.Element {
  const { runId, context, submittedAt, startedAt, error } = run;
  return (
    <tr>
      <td>
        <StateBadge state={run.state} />
      </td>
      <td class="runs-name">
        <PlaceLink to={{ view: "run", runId }} go={go}>
          <Timestamp instant={startedAt ?? submittedAt} />
        </PlaceLink>
        <span class="runs-ago">{formatAgo(Date.now() - Date.parse(submittedAt))}</span>
        <span class="is-narrow">{`${context}, ${toOrigin(run)}`}</span>
        {error !== null && <span class="runs-error">{error.message}</span>}
      </td>
      <td class="is-number">{toDuration(run, Date.now())}</td>
      <td class="is-wide is-whole">{context}</td>
      <td class="is-wide">
        {toOrigin(run)}
        <span class="runs-second">{run.requestedBy}</span>
      </td>
      <td class="is-wide is-whole">{toVersionText(run)}</td>
    </tr>
  );
}

/** By which door a run came in. */
export function toOrigin({ trigger, occasion }: Pick<ListedRun, "trigger" | "occasion">): string {
  if (occasion !== null) return `schedule ${occasion.schedule}`;
  return { cli: "command line", page: "page", schedule: "schedule", api: "API" }[trigger];
}

/** How long a run took, or takes up to now. */
export function toDuration(
  { startedAt, endedAt }: Pick<ListedRun, "startedAt" | "endedAt">,
  nowMs: number,
): string {
  if (startedAt === null) return "–";
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return formatDuration(endMs - Date.parse(startedAt));
}

/** The version that a run published or read. */
export function toVersionText({
  version,
  isPublisher,
}: Pick<ListedRun, "version" | "isPublisher">): string {
  if (version === null) return "–";
  return isPublisher ? `published ${version}` : `read ${version}`;
}

/** A sign beside the word: states differ not by colour alone. */
const SIGNS: Readonly<Record<RunState, string>> = {
  queued: "○",
  running: "◐",
  completed: "✓",
  failed: "✕",
  cancelled: "⊘",
};

/** The states of runs. */
export const STATES = Object.keys(SIGNS);

/** The state of a run: a word, a sign and a colour. */
export function StateBadge({ state }: { readonly state: RunState }): JSX.Element {
  return (
    <span class={`runs-state is-${state}`}>
      <span class="runs-state-sign" aria-hidden="true">
        {SIGNS[state]}
      </span>
      {state}
    </span>
  );
}

import type { JSX } from "preact";
import type { ListedSchedule, ScheduleList } from "../../history-state.ts";
import { fetchJson } from "../server/requests.ts";
import { Timestamp } from "./formats.tsx";
import { Fact } from "./parts.tsx";
import { ALL_RUNS, type Go, PlaceLink } from "./place.tsx";
import { Inputs } from "./run-facts.tsx";
import { StateBadge } from "./run-table.tsx";
import { FetchState, useFetch } from "./use-fetch.tsx";

const EVERY_MS = 30_000;
const ask = (signal: AbortSignal) => fetchJson<ScheduleList>("/page/schedules", { signal });

/** When runs are filed by the clock, and which were. */
export function ScheduleListView({ go }: { readonly go: Go }): JSX.Element {
  const fetched = useFetch({ ask, everyMs: EVERY_MS });
  const { answer } = fetched;
  return (
    <>
      <FetchState of={fetched} waiting="Looking up schedules…" />
      {answer?.schedules.length === 0 && (
        <p class="runs-none">
          The project has no schedules: <code>schedules</code> in <code>hex.config.json</code> names
          them.
        </p>
      )}
      <div class="runs-schedules">
        {answer?.schedules.map((schedule) => (
          <ScheduleCard key={schedule.name} schedule={schedule} go={go} />
        ))}
      </div>
    </>
  );
}

interface ScheduleCardProps {
  readonly schedule: ListedSchedule;
  readonly go: Go;
}

function ScheduleCard({ schedule, go }: ScheduleCardProps): JSX.Element {
  const { name, cron, timezone, context, overlap, inputs } = schedule;
  const filter = { ...ALL_RUNS, schedule: name };
  return (
    <section class="runs-schedule" aria-label={`Schedule ${name}`}>
      <h2>{name}</h2>
      <dl class="runs-facts">
        <Fact name="When">
          <code>{cron}</code> by the clocks of {timezone}
        </Fact>
        <Fact name="Context">{context}</Fact>
        <Fact name="If the run before still goes">
          {overlap === "skip" ? "it is skipped" : "it waits"}
        </Fact>
        <Fact name="Inputs">
          <Inputs inputs={inputs} />
        </Fact>
      </dl>
      <div class="runs-schedule-times">
        <NextTimes schedule={schedule} />
        <div>
          <h3>Its last runs</h3>
          <LastRuns schedule={schedule} go={go} />
          <PlaceLink to={{ view: "runs", filter }} go={go}>
            All its runs
          </PlaceLink>
        </div>
      </div>
    </section>
  );
}

function NextTimes({ schedule }: Pick<ScheduleCardProps, "schedule">): JSX.Element {
  const { next, timezone } = schedule;
  const isElsewhere = timezone !== Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div>
      <h3>Next times</h3>
      {next.length === 0 && <p class="runs-none">It is never due again.</p>}
      <ol class="runs-schedule-next">
        {next.map((instant) => (
          <li key={instant}>
            <Timestamp instant={instant} as="full" timezone={timezone} />
            {isElsewhere && (
              <span class="runs-second">
                {"here "}
                <Timestamp instant={instant} as="full" />
              </span>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function LastRuns({ schedule, go }: ScheduleCardProps): JSX.Element {
  const { runs } = schedule;
  if (runs.length === 0) return <p class="runs-none">It has filed none that history keeps.</p>;
  return (
    <ul class="runs-schedule-runs">
      {runs.map(({ runId, state, occasion, submittedAt }) => (
        <li key={runId}>
          <StateBadge state={state} />
          <PlaceLink to={{ view: "run", runId }} go={go}>
            <Timestamp instant={occasion?.instant ?? submittedAt} />
          </PlaceLink>
        </li>
      ))}
    </ul>
  );
}

import type { JSX } from "preact";
import { formatDuration } from "../../../text.ts";
import type { ShownRun } from "../../history-state.ts";
import { formatValue, Timestamp } from "./formats.tsx";
import { Fact } from "./parts.tsx";
import type { Go } from "./place.tsx";
import { ALL_RUNS, PlaceLink } from "./place.tsx";
import { toDuration, toOrigin, toVersionText } from "./run-table.tsx";

interface RunFactsProps {
  readonly run: ShownRun;
  /** milliseconds since 1970 */
  readonly nowMs: number;
  readonly go: Go;
}

/** The facts of a run besides its cells. */
export function RunFacts({ run, nowMs, go }: RunFactsProps): JSX.Element {
  const { runId, context, requestedBy, occasion, submittedAt, startedAt, attempts, version } = run;
  const waitedMs = (startedAt === null ? nowMs : Date.parse(startedAt)) - Date.parse(submittedAt);
  const filter = { ...ALL_RUNS, schedule: occasion?.schedule ?? "" };
  return (
    <dl class="runs-facts">
      <Fact name="Context">{context}</Fact>
      <Fact name="Started by">{`${toOrigin(run)}, ${requestedBy}`}</Fact>
      {occasion !== null && (
        <Fact name="Schedule">
          <PlaceLink to={{ view: "runs", filter }} go={go}>
            {occasion.schedule}
          </PlaceLink>
          {", due "}
          <Timestamp instant={occasion.instant} />
        </Fact>
      )}
      <Fact name="Asked for">
        <Timestamp instant={submittedAt} />
      </Fact>
      <Fact name="Waited">{formatDuration(waitedMs)}</Fact>
      <Fact name="Duration">{toDuration(run, nowMs)}</Fact>
      <Fact name="Version">
        {version === null ? (
          toVersionText(run)
        ) : (
          <PlaceLink to={{ view: "versions", from: null, to: null }} go={go}>
            {toVersionText(run)}
          </PlaceLink>
        )}
      </Fact>
      <Fact name="Worker">{attempts.at(-1)?.worker ?? "–"}</Fact>
      <Fact name="Run id" isLong>
        <code>{runId}</code>
      </Fact>
      <Fact name="Inputs">
        <Inputs inputs={run.inputs} />
      </Fact>
    </dl>
  );
}

/** The values that were asked for. */
export function Inputs({ inputs }: Pick<ShownRun, "inputs">): JSX.Element {
  const named = Object.entries(inputs);
  if (named.length === 0) return <>defaults</>;
  return (
    <ul class="runs-inputs">
      {named.map(([name, value]) => (
        <li key={name}>
          <code>{`${name} = ${formatValue(value)}`}</code>
        </li>
      ))}
    </ul>
  );
}

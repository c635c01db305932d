import type { JSX } from "preact";
import { PlaceLink } from "./place-link.tsx";
import { RunList } from "./run-list.tsx";
import { RunPage } from "./run-page.tsx";
import { ALL_RUNS, type RunsPlace } from "./runs-place.ts";
import { ScheduleList } from "./schedule-list.tsx";
import { type Go, usePlace } from "./use-place.ts";
import { VersionList } from "./version-list.tsx";

/** Runs, versions and schedules of a project: what was computed when, and the way back. */
export function RunsView(): JSX.Element {
  const [place, go] = usePlace();
  return (
    <div class="runs-view">
      <header class="runs-masthead">
        <a class="runs-home" href="/">
          ← Page
        </a>
        <h1>{TITLES[place.view]}</h1>
        <nav aria-label="Runs, versions and schedules">
          {TABS.map(({ label, to }) => (
            <PlaceLink
              key={label}
              {...{ to, go }}
              class="runs-tab"
              isCurrent={label === TITLES[place.view]}
            >
              {label}
            </PlaceLink>
          ))}
        </nav>
      </header>
      <main class="runs-main">
        <Shown place={place} go={go} />
      </main>
    </div>
  );
}

const TITLES: Readonly<Record<RunsPlace["view"], string>> = {
  runs: "Runs",
  run: "Runs",
  versions: "Versions",
  schedules: "Schedules",
};

const TABS: readonly { readonly label: string; readonly to: RunsPlace }[] = [
  { label: "Runs", to: { view: "runs", filter: ALL_RUNS } },
  { label: "Versions", to: { view: "versions", from: null, to: null } },
  { label: "Schedules", to: { view: "schedules" } },
];

function Shown({ place, go }: { readonly place: RunsPlace; readonly go: Go }): JSX.Element {
  switch (place.view) {
    case "runs":
      return <RunList filter={place.filter} go={go} />;
    case "run":
      return <RunPage key={place.runId} runId={place.runId} go={go} />;
    case "versions":
      return <VersionList from={place.from} to={place.to} go={go} />;
    case "schedules":
      return <ScheduleList go={go} />;
  }
}

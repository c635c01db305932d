import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ThemeButton } from "../design/theme.tsx";
import { ALL_RUNS, type Go, PlaceLink, type RunsPlace, usePlace } from "./place.tsx";
import { RunListView } from "./run-list.tsx";
import { RunPage } from "./run-page.tsx";
import { ScheduleListView } from "./schedule-list.tsx";
import { VersionListView } from "./version-list.tsx";

/** Runs, versions and schedules of a project: what was computed when, and the way back. */
export function RunsView(): JSX.Element {
  const [place, go] = usePlace();
  useEffect(() => {
    document.title = TITLES[place.view];
  }, [place.view]);
  return (
    <div class="runs-view">
      <header class="topbar">
        <div class="topbar__inside">
          <a class="topbar__name" href="/">
            ← Back to the page
          </a>
          <div class="topbar__actions">
            <ThemeButton />
          </div>
        </div>
      </header>
      <main>
        <div class="runs-masthead">
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
        </div>
        <div class="runs-main">
          <Shown place={place} go={go} />
        </div>
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
      return <RunListView filter={place.filter} go={go} />;
    case "run":
      return <RunPage key={place.runId} runId={place.runId} go={go} />;
    case "versions":
      return <VersionListView from={place.from} to={place.to} go={go} />;
    case "schedules":
      return <ScheduleListView go={go} />;
  }
}

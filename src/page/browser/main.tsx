/// <reference path="./design/style-files.d.ts" />
import "./design/design.css";
import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "./design/notice.tsx";
import { PublishedView } from "./published/published-view.tsx";
import { startPage } from "./start-page.ts";

const RUNS_PATHS = /^\/(runs|versions|schedules)(\/|$)/;

/** The view that this address shows; what few viewers see is fetched when it is to be shown. */
function View(): JSX.Element {
  if (document.documentElement.dataset["view"] === "notebook") {
    return (
      <LazyView load={async () => (await import("./notebook/notebook-view.tsx")).NotebookView} />
    );
  }
  if (RUNS_PATHS.test(location.pathname)) {
    return <LazyView load={async () => (await import("./runs/runs-view.tsx")).RunsView} />;
  }
  return <PublishedView />;
}

startPage(document.querySelector("#app") ?? document.body, <View />);

interface LazyViewProps {
  /** fetches its code */
  readonly load: () => Promise<ComponentType>;
}

/** A view whose code is fetched now. */
function LazyView({ load }: LazyViewProps): JSX.Element {
  const [loaded, setLoaded] = useState<{ readonly view: ComponentType | null }>();
  useEffect(() => {
    load().then(
      (view) => setLoaded({ view }),
      () => setLoaded({ view: null }),
    );
  }, []);
  if (loaded === undefined) return <main class="page__opening" aria-busy="true" />;
  if (loaded.view === null) {
    return (
      <main class="page__alone">
        <Notice tone="bad" actions={<ReloadButton />}>
          A part of this page could not be fetched. The server may be out of reach, or have been
          updated since the page was opened.
        </Notice>
      </main>
    );
  }
  return <loaded.view />;
}

function ReloadButton(): JSX.Element {
  return (
    <button type="button" class="button" onClick={() => location.reload()}>
      Reload
    </button>
  );
}

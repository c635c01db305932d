import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageState } from "../page-state.ts";
import { Notice } from "./design/notice.tsx";
import { fetchCodeOf } from "./output/output-view.tsx";
import { PublishedView } from "./published/published-view.tsx";
import { fetchState } from "./server/requests.ts";
import { startPage } from "./start-page.ts";

const RUNS_PATHS = /^\/(runs|versions|schedules)(\/|$)/;

/** The view that this address shows; what few viewers see is fetched when it is to be shown. */
function View({ first }: { readonly first: PageState | undefined }): JSX.Element {
  if (document.documentElement.dataset["view"] === "notebook") {
    return (
      <LazyView load={async () => (await import("./notebook/notebook-view.tsx")).NotebookView} />
    );
  }
  if (RUNS_PATHS.test(location.pathname)) {
    return <LazyView load={async () => (await import("./runs/runs-view.tsx")).RunsView} />;
  }
  return <PublishedView first={first} />;
}

const first = await readFirst();
startPage(document.querySelector("#app") ?? document.body, <View first={first} />);

/** The state that came with the page, once the code that shows it is here; undefined without one. */
async function readFirst(): Promise<PageState | undefined> {
  const data = document.querySelector("#page-state")?.textContent;
  if (!data) return undefined;
  const sent: PageState = JSON.parse(data);
  const [state] = await Promise.all([
    // a viewer who has signed in is told more than the page's address tells anyone
    sent.viewer.maySignIn || isFromHistory() ? fetchState().catch(() => sent) : sent,
    fetchCodeOf(sent),
  ]);
  return state;
}

/** Whether the browser has kept the page: then it may be an old one. */
function isFromHistory(): boolean {
  const [navigation] = performance.getEntriesByType("navigation");
  return (navigation as PerformanceNavigationTiming | undefined)?.type === "back_forward";
}

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

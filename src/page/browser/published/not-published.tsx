import type { JSX } from "preact";
import type { PageViewer } from "../../page-state.ts";
import { Icon } from "../design/icon.tsx";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";
import { RunProgress } from "./run-progress.tsx";

interface NotPublishedProps {
  readonly store: PageStore;
  readonly view: PageView;
  readonly viewer: PageViewer;
}

/** Before the first version: says so, how to get one, and how far a run is that brings it. */
export function NotPublished({ store, view, viewer }: NotPublishedProps): JSX.Element {
  const { run } = view;
  if (run !== null) {
    const cancel = viewer.mayRefresh ? () => void store.cancelRefresh(run.runId) : undefined;
    return (
      <div class="unpublished">
        <h2 class="unpublished__title">The first results are on their way</h2>
        <p>This page opens by itself as soon as they are published.</p>
        <RunProgress run={run} onCancel={cancel} isOpen />
      </div>
    );
  }
  return (
    <div class="unpublished">
      <h2 class="unpublished__title">Nothing is published yet</h2>
      <p>
        A logic run computes the results and publishes them. This page opens by itself as soon as
        there are some.
      </p>
      {viewer.mayRefresh ? (
        <button type="button" class="button button--primary" onClick={() => void store.refresh()}>
          <Icon name="refresh" />
          Compute and publish
        </button>
      ) : (
        <p>
          Whoever runs this project can start one:
          <code class="unpublished__command">npx hex run --context logic</code>
        </p>
      )}
    </div>
  );
}

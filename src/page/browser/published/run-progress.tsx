import type { JSX } from "preact";
import type { PageRun, PageRunCell, PageViewer } from "../../page-state.ts";
import { Icon } from "../design/icon.tsx";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";

interface RunProgressProps {
  readonly run: PageRun;
  /** cancels it; only where the viewer may */
  readonly onCancel: (() => void) | undefined;
  /** shows the cells at once, without being asked */
  readonly isOpen: boolean;
}

/** How far the run is that is to publish next. */
export function RunProgress({ run, onCancel, isOpen }: RunProgressProps): JSX.Element {
  const percent = Math.floor(100 * run.fraction);
  const isQueued = run.state === "queued";
  const current = run.cells.find(({ status }) => status === "running");
  const message = isQueued ? "Waiting to begin" : messageOf(current);
  return (
    <section class="run" aria-label="Run in progress">
      <div class="run__head">
        <p class="run__title">
          {isQueued ? "New data will be computed" : "New data is being computed"}
        </p>
        <p class="run__message">{message}</p>
        {!isQueued && <span class="run__percent">{`${percent} %`}</span>}
        {onCancel && (
          <button type="button" class="button button--small" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
      <progress
        class="run__bar"
        aria-label="How far the run is"
        max={1}
        {...(isQueued ? {} : { value: run.fraction })}
      />
      {run.cells.length > 0 && (
        <details class="run__cells" open={isOpen}>
          <summary>{`${run.cells.filter(hasEnded).length} of ${run.cells.length} cells`}</summary>
          <ul>
            {run.cells.map((cell) => (
              <RunCell key={cell.name} cell={cell} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function RunCell({ cell }: { readonly cell: PageRunCell }): JSX.Element {
  const { name, status, fraction } = cell;
  const message = status === "running" ? cell.message : "";
  const percent =
    fraction === null || status !== "running" ? "" : `${Math.floor(100 * fraction)} %`;
  return (
    <li class={`run-cell run-cell--${status}`}>
      <span class="run-cell__sign">
        {status === "ended" && <Icon name="check" />}
        {status === "failed" && <Icon name="alert" />}
      </span>
      <span class="run-cell__name">{name}</span>
      <span class="run-cell__state">
        {[WORDS[status], percent, message].filter(Boolean).join(" · ")}
      </span>
    </li>
  );
}

const WORDS: Readonly<Record<PageRunCell["status"], string>> = {
  waiting: "waiting",
  running: "running",
  ended: "done",
  failed: "failed",
};

function hasEnded({ status }: PageRunCell): boolean {
  return status === "ended" || status === "failed";
}

function messageOf(cell: PageRunCell | undefined): string {
  if (cell === undefined) return "";
  return cell.message === "" ? cell.name : `${cell.name}: ${cell.message}`;
}

interface NotPublishedProps {
  readonly store: PageStore;
  readonly view: PageView;
  readonly viewer: PageViewer;
}

/** Before the first version: says so, how to get one, and how far a run is that brings it. */
export function NotPublished({ store, view, viewer }: NotPublishedProps): JSX.Element {
  const { run } = view;
  if (run !== null) {
    return (
      <div class="unpublished">
        <h2 class="unpublished__title">The first results are on their way</h2>
        <p>This page opens by itself as soon as they are published.</p>
        <RunProgress run={run} onCancel={cancelOf(store, run, viewer)} isOpen />
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

/** Cancels the run; undefined where the viewer may not. */
export function cancelOf(
  store: PageStore,
  { runId }: PageRun,
  { mayRefresh }: PageViewer,
): (() => void) | undefined {
  return mayRefresh ? () => void store.cancelRefresh(runId) : undefined;
}

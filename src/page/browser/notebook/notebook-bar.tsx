import type { JSX } from "preact";
import type { NotebookHead, NotebookRun } from "../../../kernel/notebook-state.ts";
import { formatDuration } from "../../../text.ts";
import { ThemeButton } from "../design/theme.tsx";
import { Since } from "./cell-progress.tsx";
import type { NotebookStore } from "./notebook-store.ts";
import { cancelRun, requestPublication, requestRun } from "./notebook-store.ts";

interface NotebookBarProps {
  readonly store: NotebookStore;
  readonly head: NotebookHead;
}

/** The line at the top: how the last run went, and what can be done. */
export function NotebookBar({ store, head }: NotebookBarProps): JSX.Element {
  const { title, run, publication } = head;
  const isRunning = run?.status === "running";
  const isPublishing = publication?.status === "running";
  return (
    <header class="topbar">
      <div class="topbar__inside notebook-bar">
        <p class="topbar__name">
          {title} <span class="notebook-bar__view">notebook</span>
        </p>
        <div class="notebook-bar__state">
          {run !== null && <RunState run={run} />}
          <PublicationState head={head} />
        </div>
        <nav class="topbar__actions" aria-label="Notebook">
          {isRunning ? (
            <button type="button" class="button" onClick={() => store.act(cancelRun)}>
              Cancel
            </button>
          ) : (
            <button
              type="button"
              class="button"
              title="Run the cells whose results are missing or may have changed"
              onClick={() => store.act(() => requestRun("none"))}
            >
              Run
            </button>
          )}
          <button
            type="button"
            class="button button--quiet"
            title="Compute all cells anew, whatever is known of them"
            onClick={() => store.act(() => requestRun("all"))}
          >
            Run all afresh
          </button>
          <button
            type="button"
            class="button button--primary"
            title="Publish what the cells come to with their default inputs"
            disabled={isPublishing}
            onClick={() => store.act(requestPublication)}
          >
            {isPublishing ? "Publishing…" : "Publish"}
          </button>
          <ThemeButton />
        </nav>
      </div>
    </header>
  );
}

function RunState({ run }: { readonly run: NotebookRun }): JSX.Element {
  const { number, status, startedAt, elapsedMs } = run;
  return (
    <p class={`notebook-bar__run notebook-bar__run--${status}`}>
      {`Run ${number} ${WORDS[status]} `}
      {elapsedMs === null ? <Since instant={startedAt} /> : formatDuration(elapsedMs)}
    </p>
  );
}

const WORDS: Readonly<Record<NotebookRun["status"], string>> = {
  running: "goes,",
  completed: "done in",
  failed: "failed after",
  cancelled: "cancelled after",
};

function PublicationState({ head }: Pick<NotebookBarProps, "head">): JSX.Element | null {
  const { publication, inputs } = head;
  if (publication === null || publication.status === "running") return null;
  const { version, message } = publication;
  if (version === null) {
    return <p class="notebook-bar__run notebook-bar__run--failed">{`Not published: ${message}`}</p>;
  }
  const note = Object.keys(inputs).length > 0 ? ", with default inputs" : "";
  return <p class="notebook-bar__run">{`Version ${version} published${note}`}</p>;
}

import type { JSX } from "preact";
import type { PageFailure, PageState, PageViewer } from "../../page-state.ts";
import { Notice, Sentence } from "../design/notice.tsx";
import type { InputFault } from "./address.ts";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";
import { TimeAgo } from "./time-ago.tsx";

interface PageNoticesProps {
  readonly store: PageStore;
  readonly view: PageView;
  readonly state: PageState;
  readonly faults: readonly InputFault[];
}

/** Notices about the page as a whole. */
export function PageNotices({ store, view, state, faults }: PageNoticesProps): JSX.Element {
  const { failure, viewer, version } = state;
  const { trouble, refusal, run, isLive, isChanged } = view;
  return (
    <div class="notices">
      {isChanged && (
        <Notice
          tone="info"
          actions={
            <button type="button" class="button button--small" onClick={() => location.reload()}>
              Reload
            </button>
          }
        >
          This app has changed. Reload it to see it as it is now; the inputs stay as they are.
        </Notice>
      )}
      {failure !== null && run === null && (
        <FailureNotice failure={failure} viewer={viewer} version={version} />
      )}
      {refusal !== null && <Notice tone="bad">{refusal}</Notice>}
      {trouble !== null && (
        <Notice
          tone="warn"
          actions={
            <button type="button" class="button button--small" onClick={() => store.retry()}>
              Try again now
            </button>
          }
        >
          {`${trouble}. What is shown may not fit the inputs; it is asked for again by itself.`}
        </Notice>
      )}
      {!isLive && trouble === null && (
        <Notice tone="warn">
          The connection to the server is lost. Newer data would not be noticed; it is being tried
          again.
        </Notice>
      )}
      {faults.map((fault) => (
        <Notice key={fault.name} tone="warn" onClose={() => store.dropFault(fault)}>
          <Sentence text={fault.message} />
        </Notice>
      ))}
    </div>
  );
}

interface FailureNoticeProps {
  readonly failure: PageFailure;
  readonly viewer: PageViewer;
  readonly version: number | null;
}

function FailureNotice({ failure, viewer, version }: FailureNoticeProps): JSX.Element {
  const { runId, endedAt, message } = failure;
  const link = viewer.maySeeRuns ? (
    <a href={`/runs/${encodeURIComponent(runId)}`}>See the run</a>
  ) : undefined;
  return (
    <Notice tone="bad" actions={link}>
      {"The last run that was to publish new data failed "}
      <TimeAgo instant={endedAt} />
      {message === null ? "." : ": "}
      {message !== null && <Sentence text={`${message.replace(/\.$/, "")}.`} />}
      {version !== null && ` Version ${version} is still shown.`}
    </Notice>
  );
}

import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { PageViewer } from "../../page-state.ts";
import { Icon } from "../design/icon.tsx";
import { ThemeButton } from "../design/theme.tsx";
import { signOut } from "../server/requests.ts";
import { hasOwnHeading, Masthead } from "./masthead.tsx";
import { PageBody } from "./page-body.tsx";
import type { PageModel } from "./page-model.ts";
import { PageNotices } from "./page-notices.tsx";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";
import { cancelOf, NotPublished, RunProgress } from "./run-progress.tsx";
import { SignInForm } from "./sign-in-form.tsx";

export interface OpenPageProps {
  readonly store: PageStore;
  readonly view: PageView;
  readonly model: PageModel;
  /** shown within another page: without its head */
  readonly isEmbedded: boolean;
}

/** A page whose state is known. */
export function OpenPage({ store, view, model, isEmbedded }: OpenPageProps): JSX.Element {
  const { state } = model;
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    document.title = state.title;
  }, [state.title]);
  // drawn anew only when they show something else: an input that moves changes none of them
  const { run, trouble, refusal, isLive, isChanged } = view;
  const isRunning = run !== null;
  const topBar = useMemo(
    () => (
      <TopBar
        title={state.title}
        viewer={state.viewer}
        isRunning={isRunning}
        onRefresh={() => void store.refresh()}
        onSignIn={() => dialog.current?.showModal()}
      />
    ),
    [store, state, isRunning],
  );
  const isTitled = state.description !== null || !hasOwnHeading(model);
  const masthead = useMemo(() => <Masthead {...{ state, isTitled }} />, [state, isTitled]);
  const { faults } = model;
  const notices = useMemo(
    () => <PageNotices {...{ store, view, state, faults }} />,
    [store, state, faults, isRunning, trouble, refusal, isLive, isChanged],
  );
  return (
    <div class={`page ${isEmbedded ? "page--embedded" : ""}`}>
      {!isEmbedded && topBar}
      <main class="page__content">
        {isEmbedded ? <h1 class="only-heard">{state.title}</h1> : masthead}
        {notices}
        {state.commit === null ? (
          <NotPublished store={store} view={view} viewer={state.viewer} />
        ) : (
          <>
            {run !== null && !isEmbedded && (
              <RunProgress run={run} onCancel={cancelOf(store, run, state.viewer)} isOpen={false} />
            )}
            <PageBody store={store} model={model} />
          </>
        )}
      </main>
      <p class="only-heard" role="status">
        {view.news}
      </p>
      {state.viewer.maySignIn && (
        <dialog ref={dialog} class="dialog" aria-label="Sign in">
          <SignInForm />
        </dialog>
      )}
    </div>
  );
}

interface TopBarProps {
  readonly title: string;
  readonly viewer: PageViewer;
  /** whether a run goes already */
  readonly isRunning: boolean;
  readonly onRefresh: () => void;
  readonly onSignIn: () => void;
}

/** The line at the top: whose page this is, and what the viewer may do. */
function TopBar(props: TopBarProps): JSX.Element {
  const { title, viewer, isRunning, onRefresh, onSignIn } = props;
  return (
    <header class="topbar">
      <div class="topbar__inside">
        <a class="topbar__name" href="/">
          {title}
        </a>
        <nav class="topbar__actions" aria-label="Page">
          {viewer.maySeeRuns && (
            <a class="button button--quiet" href="/runs">
              Runs
            </a>
          )}
          {viewer.isSignedIn ? (
            <button type="button" class="button button--quiet" onClick={() => void leave()}>
              Sign out
            </button>
          ) : (
            viewer.maySignIn && (
              <button type="button" class="button button--quiet" onClick={onSignIn}>
                Sign in
              </button>
            )
          )}
          {viewer.mayRefresh && (
            <button
              type="button"
              class="button topbar__refresh"
              // a disabled button would lose the focus
              aria-disabled={isRunning}
              onClick={isRunning ? undefined : onRefresh}
            >
              <Icon name="refresh" />
              <span>{isRunning ? "Refreshing…" : "Refresh"}</span>
            </button>
          )}
          <ThemeButton />
        </nav>
      </div>
    </header>
  );
}

async function leave(): Promise<void> {
  await signOut().catch(() => undefined);
  location.reload();
}

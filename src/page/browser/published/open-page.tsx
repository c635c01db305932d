import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Masthead } from "./masthead.tsx";
import { NotPublished } from "./not-published.tsx";
import { PageBody } from "./page-body.tsx";
import type { PageModel } from "./page-model.ts";
import { PageNotices } from "./page-notices.tsx";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";
import { RunProgress } from "./run-progress.tsx";
import { SignInForm } from "./sign-in-form.tsx";
import { TopBar } from "./top-bar.tsx";

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
  return (
    <div class={`page ${isEmbedded ? "page--embedded" : ""}`}>
      {!isEmbedded && (
        <TopBar
          title={state.title}
          viewer={state.viewer}
          isRunning={view.run !== null}
          onRefresh={() => void store.refresh()}
          onSignIn={() => dialog.current?.showModal()}
        />
      )}
      <main class="page__content">
        {isEmbedded ? <h1 class="only-heard">{state.title}</h1> : <Masthead model={model} />}

        <PageNotices store={store} view={view} model={model} />
        {state.commit === null ? (
          <NotPublished store={store} view={view} viewer={state.viewer} />
        ) : (
          <>
            {view.run !== null && !isEmbedded && (
              <Progress store={store} view={view} model={model} />
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

function Progress({ store, view, model }: Omit<OpenPageProps, "isEmbedded">): JSX.Element | null {
  const { run } = view;
  if (run === null) return null;
  const { mayRefresh } = model.state.viewer;
  const cancel = mayRefresh ? () => void store.cancelRefresh(run.runId) : undefined;
  return <RunProgress run={run} onCancel={cancel} isOpen={false} />;
}

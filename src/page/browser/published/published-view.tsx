import type { JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { Notice } from "../design/notice.tsx";
import { fetchMarkdown } from "../output/markdown-text.tsx";
import { useStore } from "../use-store.ts";
import { isEmbedded } from "./address.ts";
import { OpenPage } from "./open-page.tsx";
import { browserEffects } from "./page-effects.ts";
import { PageStore } from "./page-store.ts";
import { SignInForm } from "./sign-in-form.tsx";

/** The published page, from its opening on. */
export function PublishedView(): JSX.Element {
  const [store] = useState(() => new PageStore(browserEffects()));
  // before the first paint, since all else waits for the state
  useLayoutEffect(() => {
    store.open();
    fetchMarkdown();
    return () => store.close();
  }, [store]);
  const view = useStore(store);
  const { phase, model } = view;
  if (phase === "sign-in") {
    return (
      <main class="page__alone">
        <SignInForm isAlone />
      </main>
    );
  }
  if (phase === "open" && model !== undefined) {
    return (
      <OpenPage store={store} view={view} model={model} isEmbedded={isEmbedded(location.search)} />
    );
  }
  if (phase === "failed") {
    return (
      <main class="page__alone">
        <h1 class="only-heard">This page could not be opened</h1>
        <Notice
          tone="bad"
          actions={
            <button type="button" class="button" onClick={() => store.retry()}>
              Try again
            </button>
          }
        >
          {view.trouble}
        </Notice>
      </main>
    );
  }
  return <Skeleton />;
}

/** The same picture as the server's page has before this code runs. */
function Skeleton(): JSX.Element {
  return (
    <main class="skeleton" aria-busy="true" aria-label="Loading">
      <div class="skeleton-title" />
      <div class="skeleton-block" />
      <div class="skeleton-block" />
    </main>
  );
}

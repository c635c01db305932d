import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageState } from "../../page-state.ts";
import { Notice } from "../design/notice.tsx";
import { fetchMarkdown } from "../output/markdown-text.tsx";
import { useStore } from "../use-store.ts";
import { isEmbedded } from "./address.ts";
import { OpenPage } from "./open-page.tsx";
import { browserEffects } from "./page-effects.ts";
import { PageStore } from "./page-store.ts";
import { SignInForm } from "./sign-in-form.tsx";

interface PublishedViewProps {
  /** what came with the page; undefined: it is to be fetched */
  readonly first: PageState | undefined;
}

/** The published page, from its opening on. */
export function PublishedView({ first }: PublishedViewProps): JSX.Element {
  const [store] = useState(() => {
    const opened = new PageStore(browserEffects(first));
    opened.open();
    if (first === undefined) fetchMarkdown();
    return opened;
  });
  useEffect(() => () => store.close(), [store]);
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

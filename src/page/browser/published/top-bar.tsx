import type { JSX } from "preact";
import type { PageViewer } from "../../page-state.ts";
import { signOut } from "../ask/ask-page.ts";
import { Icon } from "../design/icon.tsx";
import { ThemeButton } from "../design/theme-button.tsx";

interface TopBarProps {
  readonly title: string;
  readonly viewer: PageViewer;
  /** whether a run goes already */
  readonly isRunning: boolean;
  readonly onRefresh: () => void;
  readonly onSignIn: () => void;
}

/** The line at the top: whose page this is, and what the viewer may do. */
export function TopBar(props: TopBarProps): JSX.Element {
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
              // a disabled button would lose the focus of whoever pressed it
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

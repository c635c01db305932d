import type { JSX } from "preact";
import type { PageFailure } from "../ask/page-failure.ts";
import { Notice } from "../design/notice.tsx";
import { SignInForm } from "../published/sign-in-form.tsx";

interface FailureNoteProps {
  readonly failure: PageFailure;
  /** asks again */
  readonly again?: () => void;
}

/** Why something is not shown, and what the viewer can do. */
export function FailureNote({ failure, again }: FailureNoteProps): JSX.Element {
  if (failure.status === 401) {
    return (
      <div class="runs-closed">
        <p>Runs, versions and schedules are for those who have signed in.</p>
        <SignInForm />
      </div>
    );
  }
  const retry = again !== undefined && (
    <button type="button" class="button button--small" onClick={again}>
      Try again
    </button>
  );
  return (
    <Notice tone="bad" actions={retry || undefined}>
      {failure.message}
    </Notice>
  );
}

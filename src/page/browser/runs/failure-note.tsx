import type { JSX } from "preact";
import type { PageFailure } from "../ask/page-failure.ts";

interface FailureNoteProps {
  readonly failure: PageFailure;
  /** asks again */
  readonly again?: () => void;
}

/** Why something is not shown, and what the viewer can do. */
export function FailureNote({ failure, again }: FailureNoteProps): JSX.Element {
  const isClosed = failure.status === 401 || failure.status === 403;
  return (
    <div class="runs-note is-bad" role="alert">
      <p>
        {isClosed ? "Runs, versions and schedules are for those who are signed in. " : ""}
        {failure.message}
      </p>
      {isClosed ? (
        <a class="button" href="/">
          Sign in on the page
        </a>
      ) : (
        again !== undefined && (
          <button type="button" class="button" onClick={again}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

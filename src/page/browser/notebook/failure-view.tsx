import type { JSX } from "preact";
import type { NotebookError } from "../../../kernel/notebook-state.ts";
import { Icon } from "../design/icon.tsx";
import { ScrollBox } from "./scroll-box.tsx";

interface FailureViewProps {
  readonly error: NotebookError;
  /** whether what stands below is from before */
  readonly isOld: boolean;
}

/** A failure, and the line of the author's code that it points to. */
export function FailureView({ error, isOld }: FailureViewProps): JSX.Element {
  const { code, message, place } = error;
  return (
    <div class="failure" role="alert">
      <Icon name="alert" />
      <div class="failure__text">
        <p>{message}</p>
        {place !== null && <PlaceView {...place} />}
        <p class="failure__code">
          {code}
          {isOld && " · what stands below is from before"}
        </p>
      </div>
    </div>
  );
}

function PlaceView({ file, line, column, text }: NonNullable<NotebookError["place"]>): JSX.Element {
  const gutter = `${line} │ `;
  // A caret under a tab stands where the tab ends.
  const before = (text ?? "").slice(0, column - 1).replace(/[^\t]/g, " ");
  return (
    <figure class="failure__place">
      <figcaption>{`${file}:${line}:${column}`}</figcaption>
      {text !== null && (
        <ScrollBox class="failure__line" label={`Line ${line}`}>
          <pre>
            {`${gutter}${text}\n`}
            <span aria-hidden="true">{`${" ".repeat(gutter.length - 2)}│ ${before}`}</span>
            <span class="failure__caret" aria-hidden="true">
              ^
            </span>
          </pre>
        </ScrollBox>
      )}
    </figure>
  );
}

import type { JSX } from "preact";
import type { PageRun, PageRunCell } from "../../page-state.ts";
import { Icon } from "../design/icon.tsx";

interface RunProgressProps {
  readonly run: PageRun;
  /** cancels it; only where the viewer may */
  readonly onCancel: (() => void) | undefined;
  /** shows the cells at once, without being asked */
  readonly isOpen: boolean;
}

/** How far the run is that is to publish next. */
export function RunProgress({ run, onCancel, isOpen }: RunProgressProps): JSX.Element {
  const percent = Math.floor(100 * run.fraction);
  const isQueued = run.state === "queued";
  const current = run.cells.find(({ status }) => status === "running");
  const message = isQueued ? "Waiting to begin" : messageOf(current);
  return (
    <section class="run" aria-label="Run in progress">
      <div class="run__head">
        <p class="run__title">
          {isQueued ? "New data will be computed" : "New data is being computed"}
        </p>
        <p class="run__message">{message}</p>
        {!isQueued && <span class="run__percent">{`${percent} %`}</span>}
        {onCancel && (
          <button type="button" class="button button--small" onClick={onCancel}>
            Cancel
          </button>
        )}
      </div>
      <progress
        class="run__bar"
        aria-label="How far the run is"
        max={1}
        {...(isQueued ? {} : { value: run.fraction })}
      />
      {run.cells.length > 0 && (
        <details class="run__cells" open={isOpen}>
          <summary>{`${run.cells.filter(hasEnded).length} of ${run.cells.length} cells`}</summary>
          <ul>
            {run.cells.map((cell) => (
              <RunCell key={cell.name} cell={cell} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function RunCell({ cell }: { readonly cell: PageRunCell }): JSX.Element {
  const { name, status, fraction } = cell;
  const message = status === "running" ? cell.message : "";
  const percent =
    fraction === null || status !== "running" ? "" : `${Math.floor(100 * fraction)} %`;
  return (
    <li class={`run-cell run-cell--${status}`}>
      <span class="run-cell__sign">
        {status === "ended" && <Icon name="check" />}
        {status === "failed" && <Icon name="alert" />}
      </span>
      <span class="run-cell__name">{name}</span>
      <span class="run-cell__state">
        {[WORDS[status], percent, message].filter(Boolean).join(" · ")}
      </span>
    </li>
  );
}

const WORDS: Readonly<Record<PageRunCell["status"], string>> = {
  waiting: "waiting",
  running: "running",
  ended: "done",
  failed: "failed",
};

function hasEnded({ status }: PageRunCell): boolean {
  return status === "ended" || status === "failed";
}

function messageOf(cell: PageRunCell | undefined): string {
  if (cell === undefined) return "";
  return cell.message === "" ? cell.name : `${cell.name}: ${cell.message}`;
}

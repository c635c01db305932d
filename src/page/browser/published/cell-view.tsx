import type { JSX } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { ErrorBoundary } from "../design/error-boundary.tsx";
import { Icon } from "../design/icon.tsx";
import { Sentence } from "../design/sentence.tsx";
import { OutputView } from "../output/output-view.tsx";
import { cellRows, type RowsGround } from "./cell-rows.ts";
import { FixedPage } from "./fixed-page.ts";
import { isPending, rowsKeyOf, type ShownCell } from "./page-model.ts";
import { useWaiting } from "./use-waiting.ts";

interface CellViewProps {
  readonly cell: ShownCell;
  /** the same as long as the page is open */
  readonly ground: RowsGround;
}

/** What a cell shows, under its title; while it is recomputed the old output stays. */
export function CellView({ cell, ground }: CellViewProps): JSX.Element {
  return useMemo(() => <Cell cell={cell} ground={ground} />, [cell, ground]);
}

function Cell({ cell, ground }: CellViewProps): JSX.Element {
  const { name, output, error } = cell;
  const title = titleOf(cell);
  const isBusy = isPending(cell);
  const isWaiting = useWaiting(isBusy);
  const note = useContext(FixedPage)?.notes.get(name);
  return (
    <section
      class={`cell cell--${output?.kind ?? "empty"} ${isWaiting ? "cell--pending" : ""}`}
      id={`cell-${name}`}
      aria-busy={isBusy}
      aria-label={title ?? name}
    >
      {title !== null && <h2 class="cell__title">{title}</h2>}
      <div class="cell__activity" aria-hidden="true" />
      {error !== null && <CellError message={error.message} isOld={output !== null} />}
      <div class={`cell__output ${error !== null ? "cell__output--old" : ""}`}>
        <CellOutputView cell={cell} ground={ground} />
      </div>
      {note !== undefined && <p class="cell__note">{note}</p>}
    </section>
  );
}

function CellOutputView({ cell, ground }: CellViewProps): JSX.Element | null {
  const { name, title, output } = cell;
  const key = rowsKeyOf(cell);
  const rows = useMemo(() => cellRows(name, key, ground), [name, key, ground]);
  // that a cell waits for an answer is no reason to draw its output again
  const view = useMemo(
    () => output && <OutputView cell={{ name, title }} output={output} rows={rows} />,
    [name, title, output, rows],
  );
  if (output === null) return cell.error === null ? <p class="cell__waiting">Computing…</p> : null;
  return (
    <ErrorBoundary
      resetKey={output}
      instead={(message) => (
        <CellError message={`This could not be drawn: ${message}`} isOld={false} />
      )}
    >
      {view}
    </ErrorBoundary>
  );
}

interface CellErrorProps {
  readonly message: string;
  /** whether what stands below is from before */
  readonly isOld: boolean;
}

function CellError({ message, isOld }: CellErrorProps): JSX.Element {
  return (
    <div class="cell__error" role="alert">
      <Icon name="alert" />
      <div>
        <p>
          <Sentence text={message} />
        </p>
        {isOld && <p class="cell__error-hint">What stands below is from before.</p>}
      </div>
    </div>
  );
}

/** Prose has its own headings; all else is named unless the author gave it a title. */
function titleOf({ name, title, kind, output }: ShownCell): string | null {
  if (kind === "prose" || output?.kind === "markdown") return title;
  return title ?? name;
}

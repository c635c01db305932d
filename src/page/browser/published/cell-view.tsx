import type { JSX } from "preact";
import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import type { InputWidget } from "../../../cell/input-widget.ts";
import type { CutTable } from "../../export-page.ts";
import { Icon } from "../design/icon.tsx";
import { ErrorBoundary, Sentence } from "../design/notice.tsx";
import { InputView } from "../input/input-view.tsx";
import { OutputView } from "../output/output-view.tsx";
import { cellRows, type RowsGround } from "./cell-rows.ts";
import { isPending, type PageModel, rowsKeyOf, type ShownCell } from "./page-model.ts";
import type { PageStore } from "./page-store.ts";
import { valueNow, widgetOf } from "./set-inputs.ts";

interface CellViewProps {
  readonly cell: ShownCell;
  /** the same as long as the page is open */
  readonly ground: RowsGround;
}

/** The output of a cell under its title; while it is recomputed the old output stays. */
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

interface InputCellViewProps {
  readonly cell: ShownCell;
  readonly store: PageStore;
  readonly model: PageModel;
}

/** An input of the page, at the value that the viewer has set. */
export function InputCellView({ cell, store, model }: InputCellViewProps): JSX.Element {
  const { name } = cell;
  const value = valueNow(cell, model.inputs);
  const text = JSON.stringify(value);
  const isFixed = useContext(FixedPage) !== null;
  const isWaiting = useWaiting(isPending(cell));
  return useMemo(() => {
    const widget = widgetOf(cell);
    return (
      <section
        class={`cell cell--input ${isWide(widget) ? "cell--wide-input" : ""} ${isWaiting ? "cell--pending" : ""}`}
        id={`cell-${name}`}
        aria-busy={isPending(cell)}
        aria-label={cell.title ?? name}
      >
        <div class="cell__activity" aria-hidden="true" />
        {widget !== undefined && value !== undefined && (
          <fieldset role="none" disabled={isFixed}>
            <InputView
              name={name}
              label={widget.label ?? cell.title ?? name}
              widget={widget}
              value={value}
              onValue={(next, isFinished) => store.setInput(name, next, isFinished)}
              onPress={() => store.pressButton(name)}
            />
          </fieldset>
        )}
        {cell.error !== null && <p class="field__fault">{cell.error.message}</p>}
      </section>
    );
  }, [cell, text, store, isWaiting]);
}

/** Two days need more room than one field. */
function isWide(widget: InputWidget | undefined): boolean {
  return widget?.widget === "date_range";
}

/** A shorter wait is not shown. */
const GLANCE_MS = 150;

/**
 * Whether something has been busy for longer than a glance. It is a timer and no delay of a
 * transition, which would have a browser prepare its layers for what is mostly over before it starts.
 */
function useWaiting(isBusy: boolean): boolean {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isBusy) return undefined;
    const timer = setTimeout(() => setLong(true), GLANCE_MS);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isBusy]);
  return isBusy && isLong;
}

/** A page that is a file, with no server: its inputs are disabled, its rows are all there. */
interface Fixed {
  /** one sentence on each table that is not there as a whole, by the cell's name */
  readonly notes: ReadonlyMap<string, string>;
}

/** The page of a file. @param cut the tables of which it holds the first rows only */
export function toFixed(cut: readonly CutTable[]): Fixed {
  return { notes: new Map(cut.map(toNote)) };
}

function toNote({ cell, rows, kept }: CutTable): [string, string] {
  const [first, all] = [kept, rows].map((count) => count.toLocaleString("en"));
  return [cell, `This file holds the first ${first} of ${all} rows.`];
}

/** Null for a page that is served. */
export const FixedPage = createContext<Fixed | null>(null);

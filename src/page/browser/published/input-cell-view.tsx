import type { JSX } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { InputWidget } from "../../../cell/input-widget.ts";
import { InputView } from "../input/input-view.tsx";
import { FixedPage } from "./fixed-page.ts";
import { isPending, type PageModel, type ShownCell } from "./page-model.ts";
import type { PageStore } from "./page-store.ts";
import { valueNow, widgetOf } from "./set-inputs.ts";
import { useWaiting } from "./use-waiting.ts";

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
          <fieldset class="input-frame" role="none" disabled={isFixed}>
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

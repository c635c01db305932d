import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { PageRow } from "../../page-state.ts";
import { usePrinting } from "../design/printing.ts";
import { fetchLater } from "../output/output-view.tsx";
import { CellView } from "./cell-view.tsx";
import { InputCellView } from "./input-cell-view.tsx";
import type { PageModel, ShownCell } from "./page-model.ts";
import type { PageStore } from "./page-store.ts";
import { toTabSlugs } from "./tab-slugs.ts";
import { Tabs } from "./tabs.tsx";

interface PageBodyProps {
  readonly store: PageStore;
  readonly model: PageModel;
}

/** The cells of a page, where its layout puts them. */
export function PageBody({ store, model }: PageBodyProps): JSX.Element {
  const { tabs } = model.state.layout;
  const slugs = toTabSlugs(tabs.map(({ title }) => title ?? ""));
  const [chosen, setChosen] = useState(() => slugFromAddress());
  const id = useId();
  const isPrinting = usePrinting();
  useEffect(() => {
    if (tabs.length > 1)
      fetchLater([...model.cells.values()].flatMap(({ output }) => output ?? []));
  }, [tabs.length]);
  const [only] = tabs;
  if (only === undefined) return <p class="page__empty">This page has no cells to show.</p>;
  if (tabs.length === 1) return <Rows rows={only.rows} store={store} model={model} />;
  const titles = tabs.map(({ title }, index) => title ?? `Tab ${index + 1}`);
  const current = Math.max(0, slugs.indexOf(chosen));
  const choose = (index: number) => {
    const slug = slugs[index] ?? "";
    setChosen(slug);
    history.replaceState(null, "", `${location.pathname}${location.search}#tab=${slug}`);
  };
  return (
    <>
      <Tabs id={id} titles={titles} current={current} onChoose={choose} />
      {tabs.map(
        ({ rows }, index) =>
          (index === current || isPrinting) && (
            <div
              class="tabpanel"
              role="tabpanel"
              id={`${id}-panel-${index}`}
              aria-labelledby={`${id}-tab-${index}`}
              key={slugs[index]}
            >
              {isPrinting && <h2 class="tabpanel__title">{titles[index]}</h2>}
              <Rows rows={rows} store={store} model={model} />
            </div>
          ),
      )}
    </>
  );
}

function slugFromAddress(): string {
  return /^#tab=(.*)$/.exec(location.hash)?.[1] ?? "";
}

function Rows({ rows, store, model }: PageBodyProps & { readonly rows: readonly PageRow[] }) {
  return (
    <div class="rows">
      {rows.map((row) => (
        <Row key={row.join(" ")} row={row} store={store} model={model} />
      ))}
    </div>
  );
}

function Row({ row, store, model }: PageBodyProps & { readonly row: PageRow }): JSX.Element {
  const cells = row.flatMap((name) => model.cells.get(name) ?? []);
  return (
    <div class={`row ${rowClass(cells)}`}>
      {cells.map((cell) =>
        cell.kind === "input" ? (
          <InputCellView key={cell.name} cell={cell} store={store} model={model} />
        ) : (
          <CellView key={cell.name} cell={cell} ground={store} />
        ),
      )}
    </div>
  );
}

/** How much room the cells of a row need beside each other. */
function rowClass(cells: readonly ShownCell[]): string {
  if (cells.every(({ kind }) => kind === "input")) return "row--inputs";
  if (cells.length === 1) return "";
  return cells.every(({ output }) => output?.kind === "value") ? "row--values" : "row--many";
}

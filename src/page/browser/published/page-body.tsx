import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { PageRow } from "../../page-state.ts";
import { usePrinting } from "../design/printing.ts";
import { fetchLater } from "../output/output-view.tsx";
import { CellView, InputCellView } from "./cell-view.tsx";
import type { PageModel, ShownCell } from "./page-model.ts";
import type { PageStore } from "./page-store.ts";

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
  // the server draws the first tab: an address tells it of no other
  return /^#tab=(.*)$/.exec(globalThis.location?.hash ?? "")?.[1] ?? "";
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

interface TabsProps {
  /** beginning of the ids of tabs and of their panels */
  readonly id: string;
  readonly titles: readonly string[];
  readonly current: number;
  readonly onChoose: (index: number) => void;
}

/** Tabs as ARIA has them: arrows, Home and End go from one to the next. */
function Tabs({ id, titles, current, onChoose }: TabsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const index = nextTab(event.key, current, titles.length);
    if (index === undefined) return;
    event.preventDefault();
    onChoose(index);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  return (
    <div class="tabs" role="tablist" ref={list} onKeyDown={onKeyDown}>
      {titles.map((title, index) => (
        <button
          key={title}
          type="button"
          class="tabs__tab"
          role="tab"
          id={`${id}-tab-${index}`}
          aria-selected={index === current}
          aria-controls={index === current ? `${id}-panel-${index}` : undefined}
          tabIndex={index === current ? 0 : -1}
          onClick={() => onChoose(index)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

/** The tab that a key leads to, all around; undefined for keys that lead nowhere. @internal */
export function nextTab(key: string, current: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return (current + 1) % count;
    case "ArrowLeft":
      return (current + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

/** The name of each tab in an address: made of its title, and different for each. @internal */
export function toTabSlugs(titles: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return titles.map((title, index) => {
    const plain = title
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    const slug = plain === "" || taken.has(plain) ? `${index + 1}` : plain;
    taken.add(slug);
    return slug;
  });
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice } from "../design/notice.tsx";
import { useStore } from "../use-store.ts";
import { GraphPicture } from "./graph-picture.tsx";
import { NotebookBar } from "./notebook-bar.tsx";
import { FailureView, LogLines, NotebookCellView } from "./notebook-cell-view.tsx";
import { cellsOf, runNews } from "./notebook-model.ts";
import { NotebookStore, type OpenNotebook } from "./notebook-store.ts";

/** The author's live notebook: every cell, how it is doing, and what it shows. */
export function NotebookView(): JSX.Element {
  const [store] = useState(() => new NotebookStore());
  const view = useStore(store);
  useEffect(() => {
    store.open();
    return () => store.close();
  }, [store]);
  const { model, drafts } = view;
  const { head } = model;
  useEffect(() => {
    if (head !== null) document.title = `${head.title} · notebook`;
  }, [head?.title]);
  if (head === null) return <main class="skeleton" aria-busy="true" aria-label="Loading" />;
  const cells = cellsOf(model);
  return (
    <div class="page notebook">
      <NotebookBar store={store} head={head} />
      <main class="page__content notebook__content">
        <h1 class="only-heard">{`${head.title}, notebook`}</h1>
        <Notices store={store} view={view} />
        {cells.length > 0 && <GraphPicture cells={cells} />}
        {cells.map((each) => (
          <NotebookCellView
            key={each.cell.name}
            {...each}
            store={store}
            draft={drafts[each.cell.name]}
          />
        ))}
        <ProcessLog view={view} />
      </main>
      <p class="only-heard" role="status">
        {runNews(head, cells)}
      </p>
    </div>
  );
}

interface NoticesProps {
  readonly store: NotebookStore;
  readonly view: OpenNotebook;
}

function Notices({ store, view }: NoticesProps): JSX.Element {
  const { model, isConnected, trouble } = view;
  const { head, cells } = model;
  const problem = head?.problem ?? head?.run?.error ?? null;
  const faulty = [...cells.values()].find(({ file }) => file === problem?.place?.file);
  return (
    <>
      {!isConnected && (
        <Notice tone="warn">
          The notebook's server is out of reach. If it was stopped, start it again with
          <code> hex dev</code>.
        </Notice>
      )}
      {trouble !== null && (
        <Notice tone="bad" onClose={() => store.forgetTrouble()}>
          {trouble}
        </Notice>
      )}
      {problem !== null && faulty !== undefined && (
        <Notice tone="bad">
          <a href={`#cell-${faulty.name}`}>{faulty.file}</a> cannot be read as it is now, so that
          all cells show what they came to before.
        </Notice>
      )}
      {problem !== null && faulty === undefined && (
        <FailureView error={problem} isOld={cells.size > 0} />
      )}
    </>
  );
}

/** The lines of no cell: those that processes print, and those of runs themselves. */
function ProcessLog({ view }: Pick<NoticesProps, "view">): JSX.Element | null {
  const lines = view.model.lines.get(null) ?? [];
  if (lines.length === 0) return null;
  return (
    <section class="notebook-log" aria-label="Printed">
      <h2 class="notebook-log__title">Printed</h2>
      <LogLines lines={lines} label="What the notebook's process printed" />
    </section>
  );
}

import "./design/design.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { CutTable } from "../export-page.ts";
import type { PageState } from "../page-state.ts";
import { FixedPage } from "./published/cell-view.tsx";
import { OpenPage } from "./published/open-page.tsx";
import { fixedEffects } from "./published/page-effects.ts";
import { PageStore } from "./published/page-store.ts";
import { startPage } from "./start-page.ts";
import { useStore } from "./use-store.ts";

/** The data in the file. */
interface ExportedData {
  readonly state: PageState;
  readonly cut: readonly CutTable[];
}

/** A page that was written to a file, with all it shows. */
function ExportedView({ state, cut }: ExportedData): JSX.Element | null {
  const [store] = useState(() => {
    const opened = new PageStore(fixedEffects(state));
    opened.open();
    return opened;
  });
  const [fixed] = useState(() => ({ notes: new Map(cut.map(toNote)) }));
  const view = useStore(store);
  if (view.model === undefined) return null;
  return (
    <FixedPage.Provider value={fixed}>
      <OpenPage store={store} view={view} model={view.model} isEmbedded={false} />
    </FixedPage.Provider>
  );
}

function toNote({ cell, rows, kept }: CutTable): [string, string] {
  const [first, all] = [kept, rows].map((count) => count.toLocaleString("en"));
  return [cell, `This file holds the first ${first} of ${all} rows.`];
}

const data = document.querySelector("#page-state")?.textContent;
const root = document.querySelector("#app");
if (data && root) {
  startPage(root, <ExportedView {...(JSON.parse(data) as ExportedData)} />);
}

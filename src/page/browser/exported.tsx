import "./design/design.css";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ExportedState } from "../export-page.ts";
import { fetchCodeOf } from "./output/output-view.tsx";
import { untilSeen } from "./painted.ts";
import { FixedPage, toFixed } from "./published/cell-view.tsx";
import { OpenPage } from "./published/open-page.tsx";
import { fixedEffects } from "./published/page-effects.ts";
import { PageStore } from "./published/page-store.ts";
import { startPage } from "./start-page.ts";
import { useStore } from "./use-store.ts";

/** A page that was written to a file, with all it shows. */
function ExportedView({ state, cut }: ExportedState): JSX.Element | null {
  const [store] = useState(() => {
    const opened = new PageStore(fixedEffects(state));
    opened.open();
    return opened;
  });
  const [fixed] = useState(() => toFixed(cut));
  const view = useStore(store);
  if (view.model === undefined) return null;
  return (
    <FixedPage.Provider value={fixed}>
      <OpenPage store={store} view={view} model={view.model} isEmbedded={false} />
    </FixedPage.Provider>
  );
}

await untilSeen();
const data = document.querySelector("#page-state")?.textContent;
const root = document.querySelector("#app");
if (data && root) {
  const exported: ExportedState = JSON.parse(data);
  await fetchCodeOf(exported.state);
  startPage(root, <ExportedView {...exported} />);
}

import { useEffect, useState } from "preact/hooks";
import type { PageStore } from "./page-store.ts";
import type { PageView } from "./page-view.ts";

/** What a store has to show; draws anew whenever that changes. */
export function useStore(store: PageStore): PageView {
  const [view, setView] = useState(store.view);
  useEffect(() => {
    setView(store.view);
    return store.subscribe(() => setView(store.view));
  }, [store]);
  return view;
}

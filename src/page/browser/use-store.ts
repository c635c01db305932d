import { useEffect, useState } from "preact/hooks";

/** A value that changes, and tells when it does. */
export interface Store<View> {
  readonly view: View;
  /** Calls after each change; returns the function that ends it. */
  subscribe(call: () => void): () => void;
}

/** The view of a store; draws anew whenever it changes. */
export function useStore<View>(store: Store<View>): View {
  const [view, setView] = useState(store.view);
  useEffect(() => {
    setView(store.view);
    return store.subscribe(() => setView(store.view));
  }, [store]);
  return view;
}

import { useEffect, useState } from "preact/hooks";

/** A view that changes, and those who are called after each change. */
export abstract class Store<View> {
  #view: View;
  readonly #listeners = new Set<() => void>();

  constructor(view: View) {
    this.#view = view;
  }

  get view(): View {
    return this.#view;
  }

  /** Calls after each change; returns the function that ends it. */
  subscribe(call: () => void): () => void {
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  /** Replaces parts of the view, and says nothing of it yet. */
  protected set(changed: Partial<View>): void {
    this.#view = { ...this.#view, ...changed };
  }

  protected notify(): void {
    for (const call of this.#listeners) call();
  }
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

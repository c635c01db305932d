/**
 * Those in this process that wait for the lease of a store: when it is released here, the first of them
 * need not find out by looking now and then.
 */
const waiting = new WeakMap<object, Set<() => void>>();

/** Waits until the lease of a store is released in this process, unless the wait ends before. */
export async function untilTurn(
  store: object,
  pause: (turn: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const turn = new AbortController();
  const inLine = waiting.get(store) ?? new Set();
  waiting.set(store, inLine);
  const tell = () => turn.abort();
  inLine.add(tell);
  try {
    await pause(turn.signal);
  } catch (thrown) {
    if (!turn.signal.aborted) throw thrown;
  } finally {
    inLine.delete(tell);
  }
}

/** Tells the first of those that wait here; the lease may still go to somebody elsewhere. */
export function letNextIn(store: object): void {
  const [first] = waiting.get(store) ?? [];
  first?.();
}

import type { PageEvent } from "../../page-state.ts";

/** A listener to the events of the server. */
export interface PageEventListener {
  readonly onEvent: (event: PageEvent) => void;
  /** the stream stands again after it did not: what happened meanwhile was not heard */
  readonly onReturn: () => void;
  readonly onLoss: () => void;
}

const EVENT_NAMES = ["version-published", "run-changed", "build-told"] as const;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A hidden tab gives its connection back: browsers have only six for a server. */
const HIDDEN_MS = 30_000;

/** Listens until it is closed; connects again by itself, ever more slowly. Returns what closes it. */
export function openPageEvents(path: string, listener: PageEventListener): () => void {
  const stop = new AbortController();
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = FIRST_WAIT_MS;
  let isFirst = true;

  function connect(): void {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(path);
    for (const name of EVENT_NAMES) source.addEventListener(name, hear);
    source.addEventListener("open", () => {
      waitMs = FIRST_WAIT_MS;
      if (!isFirst) listener.onReturn();
      isFirst = false;
    });
    source.addEventListener("error", connectLater);
  }

  function hear({ data }: MessageEvent<string>): void {
    listener.onEvent(JSON.parse(data));
  }

  function connectLater(): void {
    source?.close();
    source = undefined;
    isFirst = false;
    listener.onLoss();
    timer = setTimeout(connect, waitMs * (0.5 + Math.random() / 2));
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }

  function onVisibility(): void {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      if (source === undefined) connect();
    } else {
      timer = setTimeout(() => {
        source?.close();
        source = undefined;
      }, HIDDEN_MS);
    }
  }

  document.addEventListener("visibilitychange", onVisibility, { signal: stop.signal });
  window.addEventListener("online", connect, { signal: stop.signal });
  connect();
  return () => {
    stop.abort();
    clearTimeout(timer);
    source?.close();
  };
}

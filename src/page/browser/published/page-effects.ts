import type { EvaluateRequest, Evaluation } from "../../../kernel/evaluation.ts";
import type { PageState } from "../../page-state.ts";
import { askRefresh, askRun, askState, cancelRefresh } from "../ask/ask-page.ts";
import { openPageEvents, type PageEventListener } from "../ask/page-events.ts";
import { newPressId } from "./press-id.ts";

/** What a page does to the world around it; tests bring their own. */
export interface PageEffects {
  readonly askState: (version?: number, signal?: AbortSignal) => Promise<PageState>;
  readonly askRun: (ask: EvaluateRequest, signal?: AbortSignal) => Promise<Evaluation>;
  readonly refresh: () => Promise<{ readonly runId: string }>;
  readonly cancelRefresh: (runId: string) => Promise<void>;
  readonly listen: (listener: PageEventListener) => () => void;
  readonly address: PageAddress;
  /** a UUID that nobody else has */
  readonly newId: () => string;
  /** calls after some milliseconds; returns what takes that back */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** The address bar, as far as the inputs are concerned. */
interface PageAddress {
  readonly search: () => string;
  /** a new entry of the history, or another address for the one that is shown */
  readonly write: (search: string, as: "push" | "replace") => void;
  /** calls whenever the viewer goes back or forward; returns what ends that */
  readonly onMove: (call: () => void) => () => void;
}

/** The real ones of a page in a browser. */
export function browserEffects(): PageEffects {
  return {
    askState,
    askRun,
    refresh: askRefresh,
    cancelRefresh,
    listen: (listener) => openPageEvents("/page/events", listener),
    address: { search: () => location.search, write: writeAddress, onMove },
    newId: newPressId,
    after(ms, call) {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
  };
}

function writeAddress(search: string, as: "push" | "replace"): void {
  const address = `${location.pathname}${search}${location.hash}`;
  if (as === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

function onMove(call: () => void): () => void {
  window.addEventListener("popstate", call);
  return () => window.removeEventListener("popstate", call);
}

import type { EvaluateRequest, Evaluation } from "../../../kernel/evaluation.ts";
import type { PageState } from "../../page-state.ts";
import { openPageEvents, type PageEventListener } from "../server/page-events.ts";
import { cancelRefresh, evaluate, fetchState, startRefresh } from "../server/requests.ts";
import { afterTimeout } from "./request-line.ts";

/** The effects of a page on the world around it; tests bring their own. */
export interface PageEffects {
  /** what the page opens on, when it came with it; undefined: it is to be fetched */
  readonly first: PageState | undefined;
  readonly fetchState: (version?: number, signal?: AbortSignal) => Promise<PageState>;
  readonly evaluate: (ask: EvaluateRequest, signal?: AbortSignal) => Promise<Evaluation>;
  readonly refresh: () => Promise<{ readonly runId: string }>;
  readonly cancelRefresh: (runId: string) => Promise<void>;
  readonly listen: (listener: PageEventListener) => () => void;
  readonly address: PageAddress;
  /** a new UUID */
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
export function browserEffects(first: PageState | undefined): PageEffects {
  return {
    first,
    fetchState,
    evaluate,
    refresh: startRefresh,
    cancelRefresh,
    listen: (listener) => openPageEvents("/page/events", listener),
    address: { search: () => location.search, write: writeAddress, onMove },
    newId: newPressId,
    after: afterTimeout,
  };
}

/** The effects of a page that has no server: it shows what it has. */
export function fixedEffects(first: PageState): PageEffects {
  const never = () => new Promise<never>(() => undefined);
  const nothing = () => undefined;
  return {
    first,
    fetchState: never,
    evaluate: never,
    refresh: never,
    cancelRefresh: never,
    listen: () => nothing,
    address: { search: () => "", write: nothing, onMove: () => nothing },
    newId: () => "",
    after: () => nothing,
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

/**
 * A random UUID of version 4. The browser's own `randomUUID` is there on HTTPS and localhost alone,
 * and a page may be reached by plain HTTP.
 * @internal
 */
export function newPressId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[Number.parseInt(digits.charAt(16), 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join("-");
}

/** Keeps the address of the page at what its inputs are. */
export interface AddressWriter {
  /**
   * Writes a change. All of one gesture (a slider that is dragged, a word that is typed) are one
   * entry of the history: its first change makes the entry, the others only replace its address.
   */
  write(search: string, isFinished: boolean): void;
  /** another address for what is shown, when an input could not be had */
  correct(search: string): void;
  /** ends the gesture, if one goes on: the viewer went elsewhere */
  forget(): void;
}

/** Browsers refuse more than about three changes of the address in a second. */
const CALM_MS = 350;

export function openAddressWriter({ address, after }: PageEffects): AddressWriter {
  let isInGesture = false;
  let stopWaiting: (() => void) | undefined;

  function forget(): void {
    stopWaiting?.();
    stopWaiting = undefined;
    isInGesture = false;
  }

  return {
    write(search, isFinished) {
      stopWaiting?.();
      stopWaiting = undefined;
      if (!isInGesture) {
        if (search !== address.search()) address.write(search, "push");
      } else if (isFinished) address.write(search, "replace");
      else stopWaiting = after(CALM_MS, () => address.write(search, "replace"));
      isInGesture = !isFinished;
    },
    correct(search) {
      if (stopWaiting === undefined) address.write(search, "replace");
    },
    forget,
  };
}

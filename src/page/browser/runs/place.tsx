import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";

/** The part of the runs view that an address names. */
export type RunsPlace =
  | { readonly view: "runs"; readonly filter: RunFilter }
  | { readonly view: "run"; readonly runId: string }
  | { readonly view: "versions"; readonly from: number | null; readonly to: number | null }
  | { readonly view: "schedules" };

/** Which runs are listed; an empty text is all. */
export interface RunFilter {
  readonly context: string;
  readonly state: string;
  readonly schedule: string;
}

export const ALL_RUNS: RunFilter = { context: "", state: "", schedule: "" };

/** Reads an address below the runs view; an unknown one is the list of runs. @internal */
export function parsePlace(pathname: string, search: string): RunsPlace {
  const query = new URLSearchParams(search);
  const [, first = "", second = ""] = pathname.split("/");
  if (first === "runs" && second !== "") return { view: "run", runId: decode(second) };
  if (first === "schedules") return { view: "schedules" };
  if (first === "versions") {
    return { view: "versions", from: toVersion(query.get("from")), to: toVersion(query.get("to")) };
  }
  const read = (key: string) => query.get(key) ?? "";
  const filter = { context: read("context"), state: read("state"), schedule: read("schedule") };
  return { view: "runs", filter };
}

/** The address of a place. @internal */
export function toAddress(place: RunsPlace): string {
  switch (place.view) {
    case "runs":
      return `/runs${toSearch({ ...place.filter })}`;
    case "run":
      return `/runs/${encodeURIComponent(place.runId)}`;
    case "versions":
      return `/versions${toSearch({ from: toText(place.from), to: toText(place.to) })}`;
    case "schedules":
      return "/schedules";
  }
}

/** A query of what is not empty, with its question mark. */
export function toSearch(values: Readonly<Record<string, string>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

function toVersion(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}

function toText(version: number | null): string {
  return version === null ? "" : String(version);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A half-written escape: the server then answers that no run has this id.
    return part;
  }
}

/** Goes to a place; `replace` leaves no step to go back to. */
export type Go = (place: RunsPlace, how?: "replace") => void;

/** Where in the runs view the address leads, and how to go elsewhere. */
export function usePlace(): readonly [RunsPlace, Go] {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const onBack = () => setPlace(here());
    addEventListener("popstate", onBack);
    return () => removeEventListener("popstate", onBack);
  }, []);
  const go = useCallback<Go>((next, how) => {
    const address = toAddress(next);
    if (how === "replace") history.replaceState(null, "", address);
    else {
      history.pushState(null, "", address);
      scrollTo(0, 0);
    }
    setPlace(next);
  }, []);
  return [place, go];
}

function here(): RunsPlace {
  return parsePlace(location.pathname, location.search);
}

interface PlaceLinkProps {
  readonly to: RunsPlace;
  readonly go: Go;
  readonly class?: string;
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
}

/** A link within the runs view: followed without loading the page anew. */
export function PlaceLink({ to, go, isCurrent = false, ...props }: PlaceLinkProps): JSX.Element {
  const onClick = (event: MouseEvent) => {
    // A new tab or a download is the browser's.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    go(to);
  };
  const current = isCurrent ? ({ "aria-current": "page" } as const) : {};
  return (
    <a href={toAddress(to)} class={props.class ?? ""} onClick={onClick} {...current}>
      {props.children}
    </a>
  );
}

import type { ComponentChildren, JSX } from "preact";
import { type RunsPlace, toAddress } from "./runs-place.ts";
import type { Go } from "./use-place.ts";

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

import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChartSpec } from "../../../../cell/output.ts";
import { specWidth } from "./page-spec.ts";

/**
 * The width that a chart's specification is made for, also when its place becomes wider or narrower;
 * null until the place is there. `onWidth` hears of each change of the place.
 */
export function useSpecWidth(
  place: RefObject<HTMLElement | null>,
  spec: ChartSpec,
  onWidth: () => void,
): number | null {
  const [width, setWidth] = useState<number | null>(null);
  const latest = useRef({ spec, onWidth });
  latest.current = { spec, onWidth };
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const look = () => {
      // what is hidden stays as it was
      setWidth((last) => {
        if (element.clientWidth === 0 && last !== null) return last;
        return specWidth(latest.current.spec, element.clientWidth);
      });
      latest.current.onWidth();
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

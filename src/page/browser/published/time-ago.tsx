import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { nextTickMs, toFullTime, toRelativeTime } from "./relative-time.ts";

interface TimeAgoProps {
  /** an instant, ISO 8601 */
  readonly instant: string;
  /** how long ago that is by the clock that noted it; by the viewer's own unless told */
  readonly ageMs?: number;
}

/** How long ago something was; goes on while one looks at it. */
export function TimeAgo({ instant, ageMs }: TimeAgoProps): JSX.Element {
  const sinceMs = useMemo(
    () => (ageMs === undefined ? Date.parse(instant) : Date.now() - ageMs),
    [instant, ageMs],
  );
  const [, tick] = useState(0);
  const nowMs = Math.max(0, Date.now() - sinceMs);
  useEffect(() => {
    const timer = setTimeout(() => tick((count) => count + 1), nextTickMs(nowMs));
    return () => clearTimeout(timer);
  });
  return (
    <time dateTime={instant} title={toFullTime(instant)}>
      {toRelativeTime(nowMs)}
    </time>
  );
}

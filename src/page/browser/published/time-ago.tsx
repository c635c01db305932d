import type { JSX } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { StillPage } from "../output/still-parts.ts";

interface TimeAgoProps {
  /** an instant, ISO 8601 */
  readonly instant: string;
  /** how long ago that is by the clock that noted it; default: by the viewer's own */
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
  const isStill = useContext(StillPage) !== null;
  return (
    <time dateTime={instant} {...(isStill ? {} : { title: toFullTime(instant) })}>
      {toRelativeTime(nowMs)}
    </time>
  );
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365 * 86_400_000],
  ["month", 30 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

const JUST_NOW_MS = 60_000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** How long ago something was, as people say it: "just now", "3 minutes ago". @internal */
export function toRelativeTime(ageMs: number): string {
  if (ageMs < JUST_NOW_MS) return "just now";
  const [unit, lengthMs] = STEPS.find(([, length]) => ageMs >= length) ?? ["minute", 60_000];
  return relative.format(-Math.floor(ageMs / lengthMs), unit);
}

/** After how long `toRelativeTime` says something else, in milliseconds. @internal */
export function nextTickMs(ageMs: number): number {
  const lengthMs = STEPS.find(([, length]) => ageMs >= length)?.[1] ?? 60_000;
  return Math.min(lengthMs - (Math.max(0, ageMs) % lengthMs), 3_600_000);
}

/** An instant in the viewer's own zone; before that is known, only the room for it. */
export function LocalTime({ instant }: Pick<TimeAgoProps, "instant">): JSX.Element {
  if (useContext(StillPage) !== null) return <span class="unseen">{toLocalTime(instant)}</span>;
  return (
    <time dateTime={instant} title={toFullTime(instant)}>
      {toLocalTime(instant)}
    </time>
  );
}

const day = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** An instant in the viewer's own zone: "21 Nov 2026, 09:12". */
function toLocalTime(instant: string): string {
  return day.format(new Date(instant));
}

/** The same with weekday, seconds and zone. */
function toFullTime(instant: string): string {
  return full.format(new Date(instant));
}

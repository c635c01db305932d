import type { JSX } from "preact";
import { formatCount, shorten } from "../../../text.ts";
/** How long ago something was. */
export function formatAgo(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

/** How much more or less: `+3`, `−2`, `±0`. */
export function formatChange(before: number, after: number, format = formatCount): string {
  if (after === before) return "±0";
  return after > before ? `+${format(after - before)}` : `−${format(before - after)}`;
}

/** An input's value, short. */
export function formatValue(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "", 200);
}

interface TimestampProps {
  /** ISO 8601 */
  readonly instant: string;
  /** how much of it: default: the day and the time */
  readonly as?: "date-time" | "time" | "full";
  /** by the clocks of a zone; default: by the viewer's */
  readonly timezone?: string;
}

const FORMS = {
  "date-time": {
    ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  full: {
    ...{ weekday: "short", day: "numeric", month: "short", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit" },
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant by the viewer's clock; its title is in UTC. */
export function Timestamp({ instant, as = "date-time", timezone }: TimestampProps): JSX.Element {
  return (
    <time dateTime={instant} title={toUtc(instant)}>
      {formatTimestamp(instant, as, timezone)}
    </time>
  );
}

/** An instant in words; the year is given where it is another than today's. */
function formatTimestamp(
  instant: string,
  as: NonNullable<TimestampProps["as"]> = "date-time",
  timezone?: string,
): string {
  const at = new Date(instant);
  const isOther = as === "date-time" && at.getFullYear() !== new Date().getFullYear();
  const zone = timezone === undefined ? {} : { timeZone: timezone };
  const year = isOther ? ({ year: "numeric" } as const) : {};
  const form = { ...FORMS[as], ...year, ...zone, hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat("en-GB", form).format(at);
}

function toUtc(instant: string): string {
  return `${new Date(instant).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

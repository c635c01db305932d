import type { JSX } from "preact";

interface MomentProps {
  /** ISO 8601 */
  readonly instant: string;
  /** how much of it: the day and the time unless told */
  readonly as?: "moment" | "time" | "full";
  /** by the clocks of a zone; by the viewer's unless told */
  readonly timezone?: string;
}

const FORMS = {
  moment: {
    ...{ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  full: {
    ...{ weekday: "short", day: "numeric", month: "short", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit" },
  },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant by the viewer's clock; pointed at, it tells itself in UTC. */
export function Moment({ instant, as = "moment", timezone }: MomentProps): JSX.Element {
  return (
    <time dateTime={instant} title={toUtc(instant)}>
      {formatMoment(instant, as, timezone)}
    </time>
  );
}

/** An instant in words; the year is told where it is another than today's. */
function formatMoment(
  instant: string,
  as: NonNullable<MomentProps["as"]> = "moment",
  timezone?: string,
): string {
  const at = new Date(instant);
  const isOther = as === "moment" && at.getFullYear() !== new Date().getFullYear();
  const zone = timezone === undefined ? {} : { timeZone: timezone };
  const year = isOther ? ({ year: "numeric" } as const) : {};
  const form = { ...FORMS[as], ...year, ...zone, hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat("en-GB", form).format(at);
}

function toUtc(instant: string): string {
  return `${new Date(instant).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

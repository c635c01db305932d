/** A schedule's fields, each as the set of its values. */
export interface OracleFields {
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  readonly day: ReadonlySet<number> | "any";
  readonly month: ReadonlySet<number>;
  readonly weekday: ReadonlySet<number> | "any";
  /** whether the hour is written as `*` */
  readonly isEveryHour: boolean;
}

const MINUTE_MS = 60_000;
/** Clocks that remember what they have shown. */
const clocks = new Map<string, (instantMs: number) => number>();

/**
 * The planned instants of a span, found by looking at the clocks of a place at every single minute:
 * slow, and with nothing in common with the code that it checks but the rules.
 */
export function instantsByBruteForce(
  fields: OracleFields,
  timezone: string,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): number[] {
  const showClock = clocks.get(timezone) ?? toClock(timezone);
  clocks.set(timezone, showClock);
  const found: number[] = [];
  // A day ahead, to have seen all local times that may come a second time.
  let newestLocal = showClock(fromMs - 1_441 * MINUTE_MS);
  for (let at = fromMs - 1_440 * MINUTE_MS; at < untilMs; at += MINUTE_MS) {
    const local = showClock(at);
    if (isPlanned(fields, local, newestLocal) && at >= fromMs) found.push(at);
    newestLocal = Math.max(newestLocal, local);
  }
  return found;
}

/** @param newestLocal the latest that the clocks have shown before */
function isPlanned(fields: OracleFields, local: number, newestLocal: number): boolean {
  if (fields.isEveryHour) return matches(fields, local);
  for (let passed = newestLocal + MINUTE_MS; passed <= local; passed += MINUTE_MS) {
    if (matches(fields, passed)) return true;
  }
  return false;
}

function matches({ minute, hour, day, month, weekday }: OracleFields, local: number): boolean {
  const date = new Date(local);
  const isDay = day !== "any" && day.has(date.getUTCDate());
  const isWeekday = weekday !== "any" && weekday.has(date.getUTCDay());
  const isEitherDay = (day === "any" && weekday === "any") || isDay || isWeekday;
  const isTime = minute.has(date.getUTCMinutes()) && hour.has(date.getUTCHours());
  return isTime && month.has(date.getUTCMonth() + 1) && isEitherDay;
}

function toClock(timezone: string): (instantMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const toLocal = (instantMs: number) => {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, value]));
    const read = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    return Date.UTC(read("year"), read("month") - 1, read("day"), read("hour"), read("minute"));
  };
  // Every change of clocks in our lifetime came at a full quarter of an hour of UTC.
  const quarters = new Map<number, number>();
  return (instantMs) => {
    const quarterMs = instantMs - (instantMs % (15 * MINUTE_MS));
    const quarterLocal = quarters.get(quarterMs) ?? toLocal(quarterMs);
    quarters.set(quarterMs, quarterLocal);
    return quarterLocal + instantMs - quarterMs;
  };
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR_MS;

/** No place on Earth was ever further than this from UTC. */
const FURTHEST_MS = 16 * HOUR_MS;

/** The same minutes are asked about again and again, and each answer is a text to be read. */
const KEPT_OFFSETS = 10_000;

/** One name of the IANA list, asked about instants and local times. */
export interface Zone {
  /** Whether clocks are left alone from a day before an instant to a day after it. */
  isCalm(instantMs: number): boolean;
  /** What clocks show at an instant, as milliseconds since 1970 by a clock that never changes. */
  toLocal(instantMs: number): number;
  /**
   * The instants at which clocks show a local time: one; two where they are put back; none where
   * they are put forward.
   */
  toInstants(localMs: number): readonly number[];
  /** The moment at which clocks are put forward over a local time that they never show. */
  toJump(skippedLocalMs: number): number;
}

/** Whether a text is a time zone of the IANA list. Offsets such as +01:00 are none. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    // A RangeError is the only way in which the list says no.
    return false;
  }
}

/** Making one takes as long as a hundred questions to it. */
const opened = new Map<string, Zone>();

export function openZone(timezone: string): Zone {
  const zone = opened.get(timezone) ?? toZone(timezone);
  opened.set(timezone, zone);
  return zone;
}

function toZone(timezone: string): Zone {
  const format = new Intl.DateTimeFormat("en", { timeZone: timezone, timeZoneName: "longOffset" });
  const known = new Map<number, number>();
  const toOffset = (instantMs: number) => {
    const offset = known.get(instantMs) ?? parseOffset(format.format(instantMs));
    if (known.size >= KEPT_OFFSETS) known.clear();
    known.set(instantMs, offset);
    return offset;
  };
  const before = (localMs: number) => toOffset(localMs - FURTHEST_MS);
  const after = (localMs: number) => toOffset(localMs + FURTHEST_MS);
  return {
    isCalm: (instantMs) => toOffset(instantMs - DAY_MS) === toOffset(instantMs + DAY_MS),
    toLocal: (instantMs) => instantMs + toOffset(instantMs),
    toInstants: (localMs) =>
      [...new Set([before(localMs), after(localMs)])]
        .filter((offset) => toOffset(localMs - offset) === offset)
        .map((offset) => localMs - offset),
    toJump: (localMs) => {
      const old = before(localMs);
      // The old offset still holds at the first bound, and no longer at the second.
      let [low, high] = [localMs - after(localMs), localMs - old];
      while (high - low > MINUTE_MS) {
        const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
        if (toOffset(middle) === old) low = middle;
        else high = middle;
      }
      return high;
    },
  };
}

/** Reads the end of `1/31/2026, GMT-03:30`; seconds are those of the 19th century. */
function parseOffset(text: string): number {
  const [, sign, hours, minutes, seconds] =
    /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(text) ?? [];
  const size = Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS;
  return (sign === "-" ? -1 : 1) * (size + Number(seconds ?? 0) * 1_000);
}

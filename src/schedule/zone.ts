import { DAY, HOUR, MINUTE, SECOND } from "../text.ts";

/** No place on Earth was ever further than this from UTC. */
const FURTHEST_MS = 16 * HOUR;

/** The same minutes are looked up again and again, and each answer is a text to parse. */
const KEPT_OFFSETS = 10_000;

/** One name of the IANA list, between instants and local times. */
export interface Zone {
  /** Whether clocks do not change from a day before an instant to a day after it. */
  hasNoTransitionNear(instantMs: number): boolean;
  /** The local time at an instant, as milliseconds since 1970 by a clock that never changes. */
  toLocal(instantMs: number): number;
  /**
   * The instants at which clocks show a local time: one; two where they are put back; none where
   * they are put forward.
   */
  toInstants(localMs: number): readonly number[];
  /** The moment at which clocks are put forward over a local time that they never show. */
  toGapEnd(skippedLocalMs: number): number;
}

/** Whether a text is a time zone of the IANA list. Offsets such as +01:00 are none. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    // A RangeError is the list's only way to refuse a name.
    return false;
  }
}

/** Opening one takes as long as a hundred calls of it. */
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
    hasNoTransitionNear: (instantMs) => toOffset(instantMs - DAY) === toOffset(instantMs + DAY),
    toLocal: (instantMs) => instantMs + toOffset(instantMs),
    toInstants: (localMs) =>
      [...new Set([before(localMs), after(localMs)])]
        .filter((offset) => toOffset(localMs - offset) === offset)
        .map((offset) => localMs - offset),
    toGapEnd: (localMs) => {
      const old = before(localMs);
      // The old offset still holds at the first bound, and no longer at the second.
      let [low, high] = [localMs - after(localMs), localMs - old];
      while (high - low > MINUTE) {
        const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
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
  const size = Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  return (sign === "-" ? -1 : 1) * (size + Number(seconds ?? 0) * SECOND);
}

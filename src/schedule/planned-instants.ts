import { HOUR } from "../text.ts";
import { isEveryHour, localTimesFrom } from "./cron.ts";
import type { Schedule } from "./schedule.ts";
import { openZone } from "./zone.ts";

/*
 * Local times when clocks change:
 *
 * - A schedule whose hour is `*` beats with time itself: it fires whenever clocks
 *   show one of its times, in both of two equal hours, and not for an hour that never is.
 * - Any other fires once for each of its times: in the first of two equal hours; and when clocks
 *   are put forward over it, at that moment. Several that are passed over fire together, once.
 */

/** When a schedule fires, by which clocks. */
export type Timetable = Pick<Schedule, "cron" | "timezone">;

/** The planned instant that is due, and the number of those before it that no scheduler took. */
export interface Due {
  readonly instantMs: number;
  /** counted up to `MISSED_COUNTED` */
  readonly missed: number;
}

/** Further back missed instants are no longer counted. @internal */
export const MISSED_COUNTED = 1_000;

/** Clocks are not put back by more than this. */
const FALL_BACK_MS = 3 * HOUR;

/** The planned instants after one and up to another, in order; milliseconds since 1970. */
export function instantsBetween(
  timetable: Timetable,
  afterMs: number,
  untilMs: number,
  atMost = Number.POSITIVE_INFINITY,
): readonly number[] {
  const found: number[] = [];
  for (const instant of instantsAfter(timetable, afterMs)) {
    if (instant > untilMs || found.length >= atMost) break;
    found.push(instant);
  }
  return found;
}

/** The next planned instant; undefined when there is none before the calendar of the library ends. */
export function nextInstant(timetable: Timetable, afterMs: number): number | undefined {
  for (const instant of instantsAfter(timetable, afterMs)) return instant;
  return undefined;
}

/** The latest planned instant between two, with those before it that collapse into it. */
export function planDue(timetable: Timetable, afterMs: number, nowMs: number): Due | undefined {
  const instants = instantsBetween(timetable, afterMs, nowMs, MISSED_COUNTED + 2);
  const last = instants.at(-1);
  if (last === undefined) return undefined;
  if (instants.length <= MISSED_COUNTED + 1) {
    return { instantMs: last, missed: instants.length - 1 };
  }
  return { instantMs: latestInstant(timetable, last, nowMs), missed: MISSED_COUNTED };
}

/** Looks back from now in steps that double, since years of minutes are too many to go through. */
function latestInstant(timetable: Timetable, knownMs: number, nowMs: number): number {
  for (let backMs = HOUR; nowMs - backMs > knownMs; backMs *= 2) {
    const latest = instantsBetween(timetable, nowMs - backMs, nowMs).at(-1);
    if (latest !== undefined) return latest;
  }
  return instantsBetween(timetable, knownMs, nowMs).at(-1) ?? knownMs;
}

function* instantsAfter({ cron, timezone }: Timetable, afterMs: number): Generator<number> {
  const zone = openZone(timezone);
  const toInstants = isEveryHour(cron)
    ? zone.toInstants
    : (localMs: number) => [zone.toInstants(localMs)[0] ?? zone.toGapEnd(localMs)];
  /** How far local times may go back after an instant. */
  const fallBackMs = (instantMs: number) =>
    zone.hasNoTransitionNear(instantMs) ? 0 : FALL_BACK_MS;
  let held: number[] = [];
  for (const localMs of localTimesFrom(cron, zone.toLocal(afterMs) - fallBackMs(afterMs))) {
    const isNew = (instant: number) => instant > afterMs && !held.includes(instant);
    held = [...held, ...toInstants(localMs).filter(isNew)].sort((one, other) => one - other);
    // Yielded with all before it once no later local time can be an earlier instant.
    const isSettled = (instant: number) => zone.toLocal(instant) + fallBackMs(instant) <= localMs;
    yield* held.splice(0, held.findLastIndex(isSettled) + 1);
  }
  yield* held;
}

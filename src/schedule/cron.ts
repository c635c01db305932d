import { Cron } from "croner";
import { toMessage } from "../errors.ts";

const TEXT_MAX_LENGTH = 100;

/** Standard cron, and days by a month's end: `L`, `5L`, `FRI#2`, `15W`. */
const FIELD = /^[0-9A-Z*,/#-]+$/i;

const FIELDS_RULE =
  "five fields (minute, hour, day of the month, month, weekday), as in 30 6 * * MON-FRI";

/** The rule that a text breaks as a schedule, to follow "to be"; undefined when it breaks none. */
export function cronFault(text: string): string | undefined {
  if (text.length > TEXT_MAX_LENGTH) return `at most ${TEXT_MAX_LENGTH} characters long`;
  const fields = text.split(" ");
  if (fields.length !== 5 || !fields.every((field) => FIELD.test(field))) return FIELDS_RULE;
  try {
    // Years repeat: what does not come in the first 28 of them, or after 2100, never comes.
    if (toPattern(text).nextRun(new Date(0)) !== null) return undefined;
    return "for a day that the calendar has, which these fields never meet";
  } catch (error) {
    return `${FIELDS_RULE} (${toMessage(error).replace(/^CronPattern: /, "")})`;
  }
}

/** Whether the hour is left open, so that the schedule beats with time itself. */
export function isEveryHour(cron: string): boolean {
  return /^\S+ \*(?:\/1)? /.test(cron);
}

/**
 * The local times that a schedule names, from one on, in order: as milliseconds since 1970 by a
 * clock that is never put forward or back.
 */
export function* localTimesFrom(cron: string, fromMs: number): Generator<number> {
  const pattern = toPattern(cron);
  let next = pattern.nextRun(new Date(fromMs - 1));
  while (next !== null) {
    yield next.getTime();
    next = pattern.nextRun(next);
  }
}

/** An offset instead of a zone keeps all rules about clocks that change out of the library. */
function toPattern(cron: string): Cron {
  return new Cron(cron, { mode: "5-part", utcOffset: 0 });
}

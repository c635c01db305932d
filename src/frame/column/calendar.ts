const DAY_MS = 86_400_000;
const MEMO_SIZE = 100_000;

/** The days that a date may name: 0001-01-01 to 9999-12-31, counted from 1970-01-01. */
export const FIRST_DAY = -719_162;
export const LAST_DAY = 2_932_896;

/** The milliseconds that a datetime or instant may name, from 0001-01-01 to the end of 9999. */
export const FIRST_MS = FIRST_DAY * DAY_MS;
export const LAST_MS = (LAST_DAY + 1) * DAY_MS - 1;

const dayTexts = new Map<number, string>();

/** The text YYYY-MM-DD of a day counted from 1970-01-01. */
export function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  if (dayTexts.size >= MEMO_SIZE) dayTexts.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
  dayTexts.set(day, text);
  return text;
}

/** The day that a text YYYY-MM-DD names, or undefined when the calendar has no such day. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith("0000")) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(ms)) return undefined;
  const day = ms / DAY_MS;
  return dayText(day) === text ? day : undefined;
}

/** The text YYYY-MM-DDTHH:MM:SS, with .sss unless it is zero. */
export function datetimeText(ms: number): string {
  const text = fullText(ms);
  return text.endsWith(".000") ? text.slice(0, -4) : text;
}

/** The text YYYY-MM-DDTHH:MM:SS.sssZ, several times as fast as `Date.prototype.toISOString`. */
export function instantText(ms: number): string {
  return `${fullText(ms)}Z`;
}

function fullText(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const rest = ms - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${dayText(day)}T${clock}.${String(rest - seconds * 1000).padStart(3, "0")}`;
}

/** The milliseconds that a text YYYY-MM-DDTHH:MM:SS[.sss] names, or undefined. */
export function parseDatetime(text: string): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?$/.exec(text);
  const day = parts?.[1] === undefined ? undefined : parseDay(parts[1]);
  if (!parts || day === undefined) return undefined;
  const [hours, minutes, seconds] = [Number(parts[2]), Number(parts[3]), Number(parts[4])];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const fraction = Number((parts[5] ?? "").padEnd(3, "0"));
  return day * DAY_MS + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + fraction;
}

function two(count: number): string {
  return count < 10 ? `0${count}` : String(count);
}

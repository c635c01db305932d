/** Lengths of time in milliseconds. */
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A length of time as people say it: `840 ms`, `5.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND) return `${whole} ms`;
  if (whole < 59_950) return `${(whole / SECOND).toFixed(1)} s`;
  const seconds = Math.round(whole / SECOND);
  if (seconds < 3_600) return joinUnits(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 2_880) return joinUnits(minutes, 60, "h", "min");
  return joinUnits(Math.round(minutes / 60), 24, "d", "h");
}

function joinUnits(value: number, per: number, large: string, small: string): string {
  const rest = value % per;
  return `${Math.floor(value / per)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** A whole number with separators, and its noun: `1,000,000`, `1 row`, `2,000 rows`, `2 entries`. */
export function formatCount(count: number, noun?: string, plural = `${noun}s`): string {
  const digits = count.toLocaleString("en");
  return noun === undefined ? digits : `${digits} ${count === 1 ? noun : plural}`;
}

/** A number of bytes in decimal units: `840 B`, `5.2 kB`, `1.0 MB`, `3.1 GB`. */
export function formatBytes(sizeBytes: number): string {
  if (sizeBytes < 1e3) return `${sizeBytes} B`;
  if (sizeBytes < 1e6) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return sizeBytes < 1e9
    ? `${(sizeBytes / 1e6).toFixed(1)} MB`
    : `${(sizeBytes / 1e9).toFixed(1)} GB`;
}

/** A text of at most `length` characters: the whole, or its beginning and `…`. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

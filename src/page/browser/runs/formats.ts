/** A length of time as people say it: `840 ms`, `5.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 59_950) return `${(whole / 1_000).toFixed(1)} s`;
  const seconds = Math.round(whole / 1_000);
  if (seconds < 3_600) return joinUnits(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 2_880) return joinUnits(minutes, 60, "h", "min");
  return joinUnits(Math.round(minutes / 60), 24, "d", "h");
}

function joinUnits(value: number, per: number, large: string, small: string): string {
  const rest = value % per;
  return `${Math.floor(value / per)} ${large}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** How long ago something was. */
export function formatAgo(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}

/** A number of bytes: `840 B`, `5.2 kB`. */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes < 1_000) return `${sizeBytes} B`;
  if (sizeBytes < 1e6) return `${(sizeBytes / 1e3).toFixed(1)} kB`;
  return sizeBytes < 1e9
    ? `${(sizeBytes / 1e6).toFixed(1)} MB`
    : `${(sizeBytes / 1e9).toFixed(1)} GB`;
}

/** A whole number with separators. */
export function formatCount(value: number): string {
  return value.toLocaleString("en");
}

/** A count and its noun: `1 frame`, `2 frames`. */
export function formatCounted(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** How much more or less: `+3`, `−2`, `±0`. */
export function formatChange(before: number, after: number, format = formatCount): string {
  if (after === before) return "±0";
  return after > before ? `+${format(after - before)}` : `−${format(before - after)}`;
}

/** An input's value, short. */
export function formatValue(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

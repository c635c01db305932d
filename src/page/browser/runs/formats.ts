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

import type { LogLine } from "../run/history/run-log.ts";

/**
 * Up to where somebody knows a log: all lines before an instant, and so many of that instant. It
 * stays right when the oldest lines of the log have been left out.
 */
export interface LogCursor {
  /** milliseconds since 1970 */
  readonly atMs: number;
  readonly count: number;
}

export const LOG_START: LogCursor = { atMs: 0, count: 0 };

/** The place in a log of the first line that a cursor does not know. */
export function findUnknown(lines: readonly LogLine[], { atMs, count }: LogCursor): number {
  const isLater = (line: LogLine) => Date.parse(line.at) > atMs;
  const known = lines.findIndex((line) => Date.parse(line.at) >= atMs);
  if (known === -1) return lines.length;
  const later = lines.findIndex(isLater);
  return Math.min(known + count, later === -1 ? lines.length : later);
}

/** The cursor of whoever knows one more line. */
export function passLine({ atMs, count }: LogCursor, line: LogLine): LogCursor {
  const lineMs = Date.parse(line.at);
  return lineMs === atMs ? { atMs, count: count + 1 } : { atMs: lineMs, count: 1 };
}

/** The text of a cursor, as the id of an event. */
export function toEventId({ atMs, count }: LogCursor): string {
  return `${atMs}-${count}`;
}

/** The cursor of an event's id; the log's start for any other text. */
export function parseEventId(text: string | string[] | undefined): LogCursor {
  const [, atMs, count] = /^(\d{1,15})-(\d{1,9})$/.exec(String(text ?? "")) ?? [];
  return atMs === undefined ? LOG_START : { atMs: Number(atMs), count: Number(count) };
}

import { v7 } from "uuid";
import { expectation } from "../../errors.ts";
import { type HistoryKeys, historyKeys } from "../../store/key.ts";

/** The first digit keeps the instant below the year 6430, so that its day has a name. */
const RUN_ID = /^[0-7][0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ID_PREFIX = /^[0-7][0-9a-f]{7}[0-9a-f-]{0,28}$/;
/** the digits of a run id that hold the instant: milliseconds since 1970 */
const TIME_DIGITS = 12;

/**
 * Names a new run: a UUID of version 7, so that ids sort by the instant they were given at.
 *
 * @param now milliseconds since 1970; without it, the ids of one process always rise
 */
export function newRunId(now?: number): string {
  return now === undefined ? v7() : v7({ msecs: now });
}

/** Whether a text is the id of a run. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** Whether a text is the beginning of a run's id, long enough to tell the minute of its acceptance. */
export function isRunIdPrefix(text: string): boolean {
  return ID_PREFIX.test(text);
}

/**
 * When a run was accepted, by its id: milliseconds since 1970.
 *
 * @throws {HexError} HEX_KEY_INVALID when the text is no run id
 */
export function toAcceptedMs(runId: string): number {
  if (isRunId(runId)) return toAcceptedSpan(runId).fromMs;
  throw expectation("HEX_KEY_INVALID", {
    place: "the run id",
    expected: "a UUID of version 7",
    got: JSON.stringify(runId).slice(0, 80),
  });
}

/** Between which instants a run was accepted whose id begins so: milliseconds since 1970. */
export function toAcceptedSpan(idPrefix: string): {
  readonly fromMs: number;
  readonly toMs: number;
} {
  const known = idPrefix.replaceAll("-", "").slice(0, TIME_DIGITS);
  return {
    fromMs: Number.parseInt(known.padEnd(TIME_DIGITS, "0"), 16),
    toMs: Number.parseInt(known.padEnd(TIME_DIGITS, "f"), 16),
  };
}

/** The day, in UTC, on which something happened: `2026-01-31`. */
export function toDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * The keys of what history keeps of a run.
 *
 * @throws {HexError} HEX_KEY_INVALID when the text is no run id
 */
export function keysOf(runId: string): HistoryKeys {
  return historyKeys(toDay(toAcceptedMs(runId)), runId);
}

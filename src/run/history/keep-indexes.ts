import { type ChangeOptions, isUnavailable } from "../../store/change-document.ts";
import type { Store } from "../../store/store.ts";
import { type ClosedDay, type ClosedDays, closeDays, isSettled, openDays } from "./closed-days.ts";
import type { DayIndex } from "./day-index.ts";
import type { ListedDay } from "./list-runs.ts";
import type { RunRecord } from "./run-record.ts";

/** A day that was listed, and what is known of its runs by now. */
export interface OpenDay extends ListedDay {
  readonly ids: readonly string[];
  readonly index: DayIndex;
  /** records of ended runs that the index does not tell of */
  readonly read: RunRecord[];
}

/** What a search has found out about days. */
interface SeenDays {
  readonly opened: readonly OpenDay[];
  /** closed days of which a run is missing */
  readonly wrong: ReadonlySet<string>;
  /** runs that have no record, whatever an index tells */
  readonly gone: ReadonlySet<string>;
  /** days of runs that were marked as unfinished before the closed days were read */
  readonly marked: ReadonlySet<string>;
  /** as they were read before any day was listed */
  readonly closed: ClosedDays;
}

/** When the search is, and how what it found out is written. */
export interface IndexSpan {
  /** milliseconds since 1970 */
  readonly nowMs: number;
  /** where the store may not keep conditions, no day is closed */
  readonly changes: ChangeOptions;
}

/** A day's index is written anew when so many records of ended runs were read that it had not. */
const WORTH_WRITING = 16;

/** Tells later readers what was found out, and closes days of which all is known. */
export async function keepIndexes(store: Store, seen: SeenDays, span: IndexSpan): Promise<void> {
  const { changes } = span;
  try {
    const complete = await writeIndexes(store, seen, span);
    if (seen.wrong.size > 0) await openDays(store, seen.wrong, changes);
    else if (complete.length > 0 && changes.conditions !== "unavailable") {
      await closeDays(store, complete, seen.closed, changes);
    }
  } catch (error) {
    // Who may not write, or meets a store that is away by now, has found what was asked for all the same.
    if (!isUnavailable(error)) throw error;
  }
}

/** Writes the indexes of days of which much was read; gives those of which all is known. */
async function writeIndexes(
  store: Store,
  seen: SeenDays,
  span: IndexSpan,
): Promise<readonly ClosedDay[]> {
  const complete: ClosedDay[] = [];
  for (const open of seen.opened) {
    const isKnown = isComplete(store, open, seen, span);
    const gone = [...seen.gone].filter((id) => open.index.kindOf(id) !== undefined);
    if (!isKnown && gone.length === 0 && open.read.length < WORTH_WRITING) continue;
    const left = open.ids.filter((id) => !seen.gone.has(id));
    const next = open.index.with(left, open.read);
    if (next.sha256 !== open.index.sha256) await next.write(store, open.day, span.changes);
    if (isKnown) complete.push(toClosed(open, next));
  }
  return complete;
}

/** Whether every run of a day has ended and is known, and no other comes to it but late. */
function isComplete(
  store: Store,
  { ids, index, read, ...listed }: OpenDay,
  { marked, gone }: SeenDays,
  { nowMs }: IndexSpan,
): boolean {
  if (marked.has(listed.day) || !isSettled(listed, nowMs, store)) return false;
  const known = new Set(read.map(({ runId }) => runId));
  return ids.every((id) => known.has(id) || (index.kindOf(id) !== undefined && !gone.has(id)));
}

function toClosed({ day, tag }: OpenDay, index: DayIndex): ClosedDay {
  const tagged = typeof tag === "string" ? { tag } : {};
  return { day, index: index.sha256, ...tagged, kinds: [...index.counts] };
}

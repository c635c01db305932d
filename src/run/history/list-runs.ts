import type { RunContext } from "../../cell/run-context.ts";
import { HISTORY_PREFIX, historyDayPrefix, OPEN_RUNS_PREFIX } from "../../store/key.ts";
import type { ObjectInfo, Store, StoreOptions } from "../../store/store.ts";
import { isDamage, isInvalidData } from "../../store/stored-file.ts";
import { DAY } from "../../text.ts";
import type { RunTrigger } from "../run-event.ts";
import { isRunId, isRunIdPrefix, toAcceptedMs, toAcceptedSpan, toDay } from "./run-id.ts";
import { isFinal, type RunRecord, type RunState } from "./run-record.ts";
import { readRecord } from "./stored-record.ts";

/** Which runs are asked for; what is left out does not matter. */
export interface RunQuery extends StoreOptions {
  readonly context?: RunContext | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly state?: RunState | undefined;
  /** the name of the schedule that filed it */
  readonly schedule?: string | undefined;
  /** only runs that were accepted before this one */
  readonly before?: string | undefined;
  /** so many at most */
  readonly limit: number;
  /** gives records that are known already; only of runs that have ended, since others change */
  readonly recall?: ((runId: string) => RunRecord | undefined) | undefined;
}

/** Some runs, the newest first. */
export interface RunListPage {
  readonly runs: readonly RunRecord[];
  /**
   * where to go on, as `before`; absent when there certainly are no more. A search for rare ones may
   * have found few or none so far.
   */
  readonly next?: string;
  /** records that could not be read, a sentence each */
  readonly warnings: readonly string[];
}

/** How far back history goes. */
interface HistorySpan {
  /** milliseconds since 1970 */
  readonly nowMs: number;
  readonly keepMs: number;
}

/** So many days are listed at once, at most, when the last ones had too few runs. */
const MOST_DAYS_AT_ONCE = 16;
const RECORDS_AT_ONCE = 16;
/** After so many records one search ends, however few of them fit. */
const MOST_RECORDS = 1_000;

/**
 * Finds runs from the newest back, day by day: what was listed is read only until there are enough.
 */
export async function listRuns(
  store: Store,
  query: RunQuery,
  span: HistorySpan,
): Promise<RunListPage> {
  const runs: RunRecord[] = [];
  const warnings: string[] = [];
  let read = 0;
  for await (const { runId: next, record, warning } of readBackwards(store, query, span)) {
    if (warning !== undefined) warnings.push(warning);
    if (record !== undefined && isAskedFor(record, query)) runs.push(record);
    if (runs.length >= query.limit || ++read >= MOST_RECORDS) return { runs, next, warnings };
  }
  return { runs, warnings };
}

/** The ids that begin so, the newest first: the instant in them tells on which days to look. */
export async function findRunIds(
  store: Store,
  idPrefix: string,
  { signal }: StoreOptions,
): Promise<readonly string[]> {
  if (!isRunIdPrefix(idPrefix)) return [];
  const { fromMs, toMs } = toAcceptedSpan(idPrefix);
  const days = [...new Set([toDay(toMs), toDay(fromMs)])];
  const ids = await listDays(store, days, signal);
  return ids.filter((id) => id.startsWith(idPrefix));
}

/** The run that the key of a record belongs to. */
function recordRunId(key: string): string | undefined {
  const [, runId, name, ...rest] = key.slice(HISTORY_PREFIX.length).split("/");
  const isRecord = name === "record.json" && rest.length === 0;
  return isRecord && runId !== undefined && isRunId(runId) ? runId : undefined;
}

interface Found {
  readonly runId: string;
  readonly record?: RunRecord | undefined;
  /** why it could not be read */
  readonly warning?: string;
}

/** Records, the newest first, some of them read ahead. */
async function* readBackwards(
  store: Store,
  query: RunQuery,
  span: HistorySpan,
): AsyncIterable<Found> {
  for await (const ids of idsBackwards(store, query, span)) {
    for (let start = 0; start < ids.length; start += RECORDS_AT_ONCE) {
      const some = ids.slice(start, start + RECORDS_AT_ONCE);
      yield* await Promise.all(some.map((runId) => readOrWarn(store, runId, query)));
    }
  }
}

/** Ids by days, the newest first; more days at once the longer it goes on. */
async function* idsBackwards(
  store: Store,
  { before, signal }: RunQuery,
  { nowMs, keepMs }: HistorySpan,
): AsyncIterable<readonly string[]> {
  // A day more: the clock that gave an id may be ahead of this one.
  const newestMs = nowMs + DAY;
  const oldest = toDay(nowMs - keepMs);
  let dayMs = Math.min(newestMs, before === undefined ? newestMs : toAcceptedMs(before));
  for (let atOnce = 2; toDay(dayMs) >= oldest; atOnce = Math.min(MOST_DAYS_AT_ONCE, atOnce * 2)) {
    const days: string[] = [];
    for (; days.length < atOnce && toDay(dayMs) >= oldest; dayMs -= DAY) days.push(toDay(dayMs));
    const ids = await listDays(store, days, signal);
    yield before === undefined ? ids : ids.filter((id) => id < before);
  }
}

async function listDays(
  store: Store,
  days: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const listed = await Promise.all(days.map((day) => listDay(store, day, signal)));
  return listed.flat().sort().reverse();
}

async function listDay(store: Store, day: string, signal: AbortSignal | undefined) {
  const ids: string[] = [];
  for await (const { key } of store.list(historyDayPrefix(day), { signal })) {
    const runId = recordRunId(key);
    if (runId !== undefined) ids.push(runId);
  }
  return ids;
}

async function readOrWarn(
  store: Store,
  runId: string,
  { signal, recall }: RunQuery,
): Promise<Found> {
  const known = recall?.(runId);
  if (known !== undefined) return { runId, record: known };
  try {
    return { runId, record: await readRecord(store, runId, { signal }) };
  } catch (error) {
    if (isDamage(error) || isInvalidData(error)) return { runId, warning: error.message };
    throw error;
  }
}

function isAskedFor(record: RunRecord, query: RunQuery): boolean {
  const { context, trigger, state, schedule } = query;
  return (
    (context === undefined || record.context === context) &&
    (trigger === undefined || record.trigger === trigger) &&
    (state === undefined || record.state === state) &&
    (schedule === undefined || record.occasion?.schedule === schedule)
  );
}

/** Runs too old to be kept; can be printed before anything is done. */
export interface PrunePlan {
  /** of how many runs nothing is kept */
  readonly runs: number;
  /** all that is kept of them, and the marks of runs that are no more */
  readonly objects: readonly PrunedObject[];
  readonly sizeBytes: number;
}

interface PrunedObject {
  readonly key: string;
  readonly sizeBytes: number;
}

/** A mark whose run has no record is left alone for so long: its writer may still be at it. */
const MARK_GRACE_MS = DAY;

const REMOVED_AT_ONCE = 8;

/**
 * Finds the runs that were accepted longer ago than `keepMs`, and the marks of runs that are no
 * more. A run that is marked as unfinished is kept, however old.
 */
export async function planPrune(
  store: Store,
  { nowMs, keepMs, signal }: { readonly nowMs: number; readonly keepMs: number } & StoreOptions,
): Promise<PrunePlan> {
  const old = new Map<string, ObjectInfo[]>();
  for await (const info of store.list(HISTORY_PREFIX, { signal })) {
    const runId = info.key.split("/")[3] ?? "";
    if (!isRunId(runId) || nowMs - toAcceptedMs(runId) <= keepMs) continue;
    old.set(runId, [...(old.get(runId) ?? []), info]);
  }
  const marks: ObjectInfo[] = [];
  for await (const mark of listMarks(store, { signal })) {
    const runId = toMarkedId(mark.key);
    if (await isLeftover(store, mark, nowMs, signal)) marks.push(mark);
    else old.delete(runId);
  }
  const objects = [...[...old.values()].flat(), ...marks];
  return {
    runs: old.size,
    objects: objects.map(({ key, sizeBytes }) => ({ key, sizeBytes })),
    sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** Removes what a plan names. It can be repeated, also after it was interrupted. */
export async function prune(
  store: Store,
  { objects }: PrunePlan,
  { signal }: StoreOptions = {},
): Promise<void> {
  for (let start = 0; start < objects.length; start += REMOVED_AT_ONCE) {
    const some = objects.slice(start, start + REMOVED_AT_ONCE);
    await Promise.all(some.map(({ key }) => store.delete(key, { signal })));
  }
}

/** The marks of runs that have not ended. */
export async function* listMarks(store: Store, options: StoreOptions): AsyncIterable<ObjectInfo> {
  for await (const info of store.list(OPEN_RUNS_PREFIX, options)) {
    if (isRunId(toMarkedId(info.key))) yield info;
  }
}

/** The run that a mark says of that it has not ended. */
export function toMarkedId(key: string): string {
  return key.slice(OPEN_RUNS_PREFIX.length);
}

/** Whether a mark was left by a writer that was killed before the record came, or after the run's end. */
async function isLeftover(
  store: Store,
  mark: ObjectInfo,
  nowMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (nowMs - mark.modifiedAt.getTime() <= MARK_GRACE_MS) return false;
  try {
    const found = await readRecord(store, toMarkedId(mark.key), { signal });
    return found === undefined || isFinal(found.state);
  } catch (error) {
    // The recovery of unfinished runs reports it.
    if (isDamage(error)) return false;
    throw error;
  }
}

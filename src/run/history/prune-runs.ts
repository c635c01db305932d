import type { ChangeOptions } from "../../store/change-document.ts";
import {
  CLOSED_DAYS_KEY,
  dayIndexKey,
  HISTORY_INDEX_PREFIX,
  HISTORY_PREFIX,
  OPEN_RUNS_PREFIX,
  openRunKey,
} from "../../store/key.ts";
import type { ObjectInfo, Store, StoreOptions } from "../../store/store.ts";
import { isDamage } from "../../store/stored-file.ts";
import { DAY } from "../../text.ts";
import { dayOf, openDays } from "./closed-days.ts";
import { isRunId, toAcceptedMs, toDay } from "./run-id.ts";
import { listMarks, toMarkedId, writeMark } from "./run-mark.ts";
import { isFinal } from "./run-record.ts";
import { readRecord } from "./stored-record.ts";

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
  const indexes = await listIndexes(store, toDay(nowMs - keepMs), signal);
  const objects = [...[...old.values()].flat(), ...indexes, ...marks];
  return {
    runs: old.size,
    objects: objects.map(({ key, sizeBytes }) => ({ key, sizeBytes })),
    sizeBytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

/** The indexes of days of which nothing is kept. */
async function listIndexes(store: Store, oldest: string, signal: AbortSignal | undefined) {
  const indexes: ObjectInfo[] = [];
  for await (const info of store.list(HISTORY_INDEX_PREFIX, { signal })) {
    const day = toIndexedDay(info.key);
    if (day !== undefined && day < oldest) indexes.push(info);
  }
  return indexes;
}

/**
 * Removes what a plan names. It can be repeated, also after it was interrupted.
 *
 * Days from which runs go are marked meanwhile, as a late run's is: they count as open, until they are.
 */
export async function prune(
  store: Store,
  { objects }: PrunePlan,
  options: ChangeOptions = {},
): Promise<void> {
  const isMark = ({ key }: PrunedObject) => key.startsWith(OPEN_RUNS_PREFIX);
  const marks = objects.filter(isMark);
  const pruned = objects.filter((each) => !isMark(each));
  const ofDays = new Map(pruned.flatMap(({ key }) => toRunOfDay(key)));
  for (const runId of ofDays.values()) await writeMark(store, { runId, isQueued: true }, options);
  await remove(store, pruned, options);
  const marked = marks.map(({ key }) => dayOf(toMarkedId(key)));
  const indexed = pruned.flatMap(({ key }) => toIndexedDay(key) ?? []);
  const days = new Set([...ofDays.keys(), ...indexed, ...marked]);
  // In a directory the names of runs stay, as empty folders: what tells of these runs does not.
  await remove(
    store,
    [...days].map((day) => ({ key: dayIndexKey(day) })),
    options,
  );
  await open(store, days, options);
  const own = [...ofDays.values()].map((runId) => ({ key: openRunKey(runId) }));
  await remove(store, [...marks, ...own], options);
}

async function remove(
  store: Store,
  objects: readonly Pick<PrunedObject, "key">[],
  { signal }: StoreOptions,
): Promise<void> {
  for (let start = 0; start < objects.length; start += REMOVED_AT_ONCE) {
    const some = objects.slice(start, start + REMOVED_AT_ONCE);
    await Promise.all(some.map(({ key }) => store.delete(key, { signal })));
  }
}

/** Opens the days from which runs have gone, if any day is closed. */
async function open(
  store: Store,
  days: ReadonlySet<string>,
  options: ChangeOptions,
): Promise<void> {
  const { signal } = options;
  if (days.size === 0 || (await store.find(CLOSED_DAYS_KEY, { signal })) === undefined) return;
  await openDays(store, days, options);
}

/** The run, by its day, that an object of the history belongs to. */
function toRunOfDay(key: string): readonly [day: string, runId: string][] {
  const runId = key.startsWith(HISTORY_PREFIX) ? key.split("/")[3] : undefined;
  return runId !== undefined && isRunId(runId) ? [[dayOf(runId), runId]] : [];
}

/** The day whose index has this key. */
function toIndexedDay(key: string): string | undefined {
  if (!key.startsWith(HISTORY_INDEX_PREFIX)) return undefined;
  return /^\d{4}-\d{2}-\d{2}(?=\.json$)/.exec(key.slice(HISTORY_INDEX_PREFIX.length))?.[0];
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

import type { RunContext } from "../../cell/run-context.ts";
import { HISTORY_PREFIX, historyDayPrefix } from "../../store/key.ts";
import type { Store, StoreOptions } from "../../store/store.ts";
import type { RunTrigger } from "../run-event.ts";
import type { RunKind } from "./day-index.ts";
import { isRunId, isRunIdPrefix, keysOf, toAcceptedSpan, toDay } from "./run-id.ts";
import type { RunRecord, RunState } from "./run-record.ts";

/** Which runs are asked for; what is left out does not matter. */
export interface RunQuery extends StoreOptions {
  readonly context?: RunContext | undefined;
  /** any of them */
  readonly triggers?: readonly RunTrigger[] | undefined;
  readonly state?: RunState | undefined;
  /** the name of the schedule that filed it */
  readonly schedule?: string | undefined;
  /** only runs that were accepted before this one */
  readonly before?: string | undefined;
  /** passes over so many of those asked for; none unless told */
  readonly offset?: number | undefined;
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
  /** how many of the offset are still to be passed over from there on; absent when none are */
  readonly offset?: number;
  /** records that could not be read, a sentence each */
  readonly warnings: readonly string[];
}

/** Whether a run of some kind is asked for. */
export function isAskedFor(told: RunKind, query: RunQuery): boolean {
  const { context, triggers, state, schedule } = query;
  return (
    (context === undefined || told.context === context) &&
    (triggers === undefined || triggers.includes(told.trigger)) &&
    (state === undefined || told.state === state) &&
    (schedule === undefined || told.schedule === schedule)
  );
}

/** Whether every run is asked for, from the newest on: nothing has to be known of one but its id. */
export function isForAll({ context, triggers, state, schedule, offset = 0 }: RunQuery): boolean {
  return offset === 0 && [context, triggers, state, schedule].every((each) => each === undefined);
}

/** The ids that begin so, the newest first: the instant in them tells on which days to look. */
export async function findRunIds(
  store: Store,
  idPrefix: string,
  options: StoreOptions,
): Promise<readonly string[]> {
  if (!isRunIdPrefix(idPrefix)) return [];
  const { fromMs, toMs } = toAcceptedSpan(idPrefix);
  const days = [...new Set([toDay(toMs), toDay(fromMs)])];
  const listed = await Promise.all(days.map((day) => listDay(store, day, options)));
  const ids = listed.flat().filter((id) => id.startsWith(idPrefix));
  if (ids.length < 2) return ids;
  // A folder may be that of a run which is no more.
  const read = await Promise.all(ids.map((id) => isThere(store, id, options)));
  return ids.filter((_, index) => read[index]);
}

async function isThere(store: Store, runId: string, options: StoreOptions): Promise<boolean> {
  return (await store.find(keysOf(runId).record, options)) !== undefined;
}

/** A day of the history. */
export interface ListedDay {
  readonly day: string;
  /** of its folder, as `FolderInfo.changeTag` */
  readonly tag?: string | null | undefined;
}

/** The days that have runs, the newest first. @param oldest the last one that counts */
export async function listDays(
  store: Store,
  oldest: string,
  options: StoreOptions,
): Promise<readonly ListedDay[]> {
  const days: ListedDay[] = [];
  const withTags = true;
  for await (const { name, changeTag } of store.listFolders(HISTORY_PREFIX, {
    ...options,
    withTags,
  })) {
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(name);
    if (isDay && name >= oldest) days.push({ day: name, tag: changeTag });
  }
  return days.sort((one, other) => (one.day < other.day ? 1 : -1));
}

/** The ids of a day's runs, the newest first; some may have no record yet, or none any more. */
export async function listDay(
  store: Store,
  day: string,
  options: StoreOptions,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { name } of store.listFolders(historyDayPrefix(day), options)) {
    if (isRunId(name)) ids.push(name);
  }
  return ids.sort().reverse();
}

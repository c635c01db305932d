import { HISTORY_PREFIX, OPEN_RUNS_PREFIX } from "../../store/key.ts";
import type { ObjectInfo, Store, StoreOptions } from "../../store/store.ts";
import { isDamage } from "../../store/stored-file.ts";
import { isRunId, toAcceptedMs } from "./run-id.ts";
import { isFinal } from "./run-record.ts";
import { readRecord } from "./stored-record.ts";

/** What is too old to be kept; can be printed before anything is done. */
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
const MARK_GRACE_MS = 86_400_000;
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
    return found === undefined || isFinal(found.record.state);
  } catch (error) {
    // Whoever looks after unfinished runs tells of it.
    if (isDamage(error)) return false;
    throw error;
  }
}

import { probeStore, type StoreProbe } from "../store/probe.ts";
import type { Store } from "../store/store.ts";
import type { Schedule } from "./schedule.ts";
import { ScheduleLoop } from "./schedule-loop.ts";
import type { SchedulerEvent } from "./scheduler-event.ts";
import type { Conditions } from "./tick.ts";

/** The time of day, and a way to wait. */
export interface SchedulerClock {
  /** milliseconds since 1970; may jump either way */
  readonly now: () => number;
  /** rejects once aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** The run that a planned instant asks for. */
export interface ScheduledRun {
  readonly runId: string;
  readonly schedule: Schedule;
  /** the planned instant, ISO 8601, UTC */
  readonly instant: string;
}

export interface SchedulerOptions {
  readonly schedules: readonly Schedule[];
  readonly store: Store;
  readonly clock: SchedulerClock;
  /** Files a run. Filing a run again whose id is filed already must do nothing. */
  readonly file: (run: ScheduledRun) => Promise<unknown>;
  /** Whether a run waits or goes; false for one that is not known. */
  readonly isActive: (runId: string) => Promise<boolean>;
  /** Whether a run was filed; true for an hour at least, also when it has ended. */
  readonly isFiled: (runId: string) => Promise<boolean>;
  /** an id that no run ever had */
  readonly newRunId: () => string;
  readonly onEvent: (event: SchedulerEvent) => void;
  /** who files, as `user@host:pid`, for others to read */
  readonly filedBy: string;
  /** ends the scheduler, after what it is about to file */
  readonly signal: AbortSignal;
  /** after so long the clock is looked at again, since it may have jumped; 30 s unless told */
  readonly longestSleepMs?: number;
}

/**
 * Files a run for each planned instant, until the signal ends it. Any number of schedulers may do so
 * on one store: each instant is taken by one of them.
 *
 * Whatever fails is told and tried again; nothing but the signal ends it.
 */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  const askConditions = toConditions(options);
  await Promise.all(
    options.schedules.map((schedule) => new ScheduleLoop(schedule, options, askConditions).run()),
  );
}

/** Versioning may be switched on, or another server take over: the store is tried out again after so long. */
const ASK_AGAIN_MS = 3_600_000;

/** Tries the store out, for all schedules together. */
function toConditions({
  store,
  clock,
  onEvent,
  signal,
}: SchedulerOptions): () => Promise<Conditions> {
  let asked: Promise<Conditions> | undefined;
  let askedMs = 0;
  let told = "";
  const sleep = (ms: number) => clock.sleep(ms, signal);
  const ask = async (): Promise<Conditions> => {
    try {
      const probe = await probeStore(store, { signal, sleep });
      if (probe.conditionalWrites) return "required";
      const message = unfit(store.location, probe);
      if (message !== told) onEvent({ type: "store-unfit", message });
      told = message;
      return "unavailable";
    } catch (error) {
      asked = undefined;
      throw error;
    }
  };
  return () => {
    const nowMs = clock.now();
    const isOld = Math.abs(nowMs - askedMs) >= ASK_AGAIN_MS;
    if (asked === undefined || isOld) {
      askedMs = nowMs;
      asked = ask();
    }
    return asked;
  };
}

function unfit(location: string, { faults, cure }: StoreProbe): string {
  const faultText = faults.join("; ");
  const advice = cure === undefined ? "" : `; or ${cure}`;
  return `The store ${location} does not keep the conditions of writes (${faultText}): run no more than one scheduler on it, or the same instant may be run by each of them${advice}`;
}

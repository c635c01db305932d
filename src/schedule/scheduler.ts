import { probeStore } from "../store/probe.ts";
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

/** Tries the store out, once for all schedules. */
function toConditions({ store, onEvent, signal }: SchedulerOptions): () => Promise<Conditions> {
  let asked: Promise<Conditions> | undefined;
  const ask = async (): Promise<Conditions> => {
    try {
      const { conditionalWrites, faults } = await probeStore(store, { signal });
      if (conditionalWrites) return "required";
      onEvent({ type: "store-unfit", message: unfit(store.location, faults) });
      return "unavailable";
    } catch (error) {
      asked = undefined;
      throw error;
    }
  };
  return () => {
    asked ??= ask();
    return asked;
  };
}

function unfit(location: string, faults: readonly string[]): string {
  const faultText = faults.join("; ");
  return `The store ${location} does not keep the conditions of writes (${faultText}): run no more than one scheduler on it, or the same instant may be run by each of them`;
}

import type { Store } from "../store/store.ts";
import type { Schedule } from "./schedule.ts";

/** The time of day, and a way to wait. */
export interface SchedulerClock {
  /** milliseconds since 1970; may jump either way */
  readonly now: () => number;
  /** rejects once aborted */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** The run of a planned instant. */
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
  /** Whether a run is queued or running; false for one that is not known. */
  readonly isActive: (runId: string) => Promise<boolean>;
  /** Whether a run was filed; true for an hour at least, also when it has ended. */
  readonly isFiled: (runId: string) => Promise<boolean>;
  /** an id that no run ever had */
  readonly newRunId: () => string;
  readonly onEvent: (event: SchedulerEvent) => void;
  /** the process that files, as `user@host:pid`, for people */
  readonly filedBy: string;
  /** ends the scheduler, after what it is about to file */
  readonly signal: AbortSignal;
  /** after so long the clock is read again, since it may have jumped (default 30 s) */
  readonly longestSleepMs?: number;
}

/** Events of a scheduler, in order for each schedule; instants are ISO 8601, UTC. */
export type SchedulerEvent =
  /** a run was filed for a planned instant, by this scheduler */
  | {
      readonly type: "schedule-fired";
      readonly schedule: string;
      readonly instant: string;
      readonly runId: string;
    }
  /** no run was filed, since that of an earlier instant has not ended */
  | {
      readonly type: "schedule-skipped";
      readonly schedule: string;
      readonly instant: string;
      readonly reason: string;
    }
  /** instants before this one passed while no scheduler ran; they collapse into it */
  | {
      readonly type: "schedule-missed";
      readonly schedule: string;
      readonly instant: string;
      /** counted up to 1,000 */
      readonly missed: number;
    }
  /** an alarm, once until it fires again: two planned instants have passed and nothing was filed */
  | {
      readonly type: "schedule-late";
      readonly schedule: string;
      /** when it fired last, or since when it could have */
      readonly since: string;
    }
  /** the store or the queue stood in the way; it is tried again unless the message says otherwise */
  | { readonly type: "schedule-failed"; readonly schedule: string; readonly message: string }
  /** the store ignores write conditions: two schedulers may fire one instant; once */
  | { readonly type: "store-unfit"; readonly message: string };

/** What a scheduler tells, in order for each schedule; instants are ISO 8601, UTC. */
export type SchedulerEvent =
  /** a run was filed for a planned instant, by this scheduler */
  | {
      readonly type: "schedule-fired";
      readonly schedule: string;
      readonly instant: string;
      readonly runId: string;
    }
  /** no run was filed, since that of an earlier instant still goes */
  | {
      readonly type: "schedule-skipped";
      readonly schedule: string;
      readonly instant: string;
      readonly reason: string;
    }
  /** instants before this one passed while nobody was there; they collapse into it */
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
  /** the store ignores write conditions: two schedulers may fire one instant; told once */
  | { readonly type: "store-unfit"; readonly message: string };

import type { RunContext } from "../cell/run-context.ts";
import type { LogLine } from "../run/history/run-log.ts";
import type { RunAttemptRecord, RunOccasion, RunState } from "../run/history/run-record.ts";
import type { RunError, RunTrigger } from "../run/run-event.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { VersionDifference } from "../store/version-difference.ts";
import type { ForeignSummary, VersionSummary } from "../store/versions.ts";
import type { CellProgress } from "../work/run-progress.ts";

/** One run in the list of runs; all times are ISO 8601, UTC. */
export interface ListedRun {
  readonly runId: string;
  readonly context: RunContext;
  readonly trigger: RunTrigger;
  readonly state: RunState;
  /** `user@host`, or the name of a token */
  readonly requestedBy: string;
  /** null unless a schedule filed it */
  readonly occasion: RunOccasion | null;
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** the version that was read or published */
  readonly version: number | null;
  readonly isPublisher: boolean;
  /** why it failed or was cancelled */
  readonly error: RunError | null;
}

/** Runs, the newest first. */
export interface RunList {
  readonly runs: readonly ListedRun[];
  /** where older ones go on, as `before`; null when there are none */
  readonly next: string | null;
  /** records that could not be read, a sentence each */
  readonly warnings: readonly string[];
}

/** One run without its log. */
export interface ShownRun extends ListedRun {
  /** the values that were asked for, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** whether a worker carries it out and reports its cells; otherwise its caller's process does */
  readonly isQueued: boolean;
  readonly attempts: readonly RunAttemptRecord[];
  /** in file order; of a running run, those in its events */
  readonly cells: readonly CellProgress[];
  /** names of the project's cells as they are now, in file order; empty when they cannot be read */
  readonly order: readonly string[];
  /** whether the caller may cancel it, and it can be cancelled from here */
  readonly mayCancel: boolean;
  /** the server's clock, by which times of a run that goes are measured */
  readonly now: string;
}

/** Lines of a run's log. */
export interface ShownLog {
  readonly lines: readonly LogLine[];
  /** where they go on, as `from` */
  readonly next: string;
}

/** The versions that are kept, the newest first. */
export interface VersionList {
  readonly versions: readonly ListedVersion[];
  /** what other tools have left for frames that no run has published */
  readonly foreign: readonly ForeignSummary[];
  readonly mayRollBack: boolean;
}

export type ListedVersion = Omit<VersionSummary, "commitId">;

/** The differences between two versions. */
export type VersionComparison = VersionDifference;

/** The version that a rollback has published. */
export interface RolledBack {
  /** the number of the new version */
  readonly version: number;
  readonly rollbackTo: number;
}

/** The schedules of the project's config, in its order. */
export interface ScheduleList {
  readonly schedules: readonly ListedSchedule[];
}

export interface ListedSchedule extends Schedule {
  /** the next planned instants */
  readonly next: readonly string[];
  /** the newest runs that it filed, the newest first */
  readonly runs: readonly ListedRun[];
}

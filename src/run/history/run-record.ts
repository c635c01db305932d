import type { RunCompute } from "../../cell/run-compute.ts";
import type { RunContext } from "../../cell/run-context.ts";
import type { CellResult, RunError, RunStatus, RunTrigger } from "../run-event.ts";

/** Where a run stands: it waits, it goes, or how it ended. */
export type RunState = "queued" | "running" | RunStatus;

export const RUN_STATES = [
  "queued",
  "running",
  "completed",
  "failed",
  "cancelled",
] as const satisfies readonly RunState[];

/** The schedule that filed a run, and for which instant. */
export interface RunOccasion {
  readonly schedule: string;
  /** the planned one, or when somebody filed it by hand; ISO 8601, UTC */
  readonly instant: string;
}

/** One attempt to carry out a run. */
export interface RunAttemptRecord {
  /** 1 for the first one */
  readonly attempt: number;
  /** who runs or ran it, as `user@host:pid` */
  readonly worker: string;
  /** ISO 8601, UTC */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** why it ended without a result: exit code, signal, memory; a sentence */
  readonly cause?: string;
}

/** Result of a cell without its output. */
export type CellRecord = Pick<
  CellResult,
  "name" | "status" | "startedAt" | "elapsedMs" | "keptSince" | "error"
>;

/**
 * A run as history keeps it, from the moment it was accepted; plain JSON without secrets.
 *
 * queued → running → completed, failed or cancelled; queued → cancelled or failed; running → queued
 * when an attempt was lost and another one follows; and queued → completed when the lost one turns
 * out to have published. The last three states are final.
 */
export interface RunRecord extends RunOptions {
  readonly format: 1;
  /** a UUID of version 7: it holds when the run was accepted */
  readonly runId: string;
  readonly context: RunContext;
  readonly trigger: RunTrigger;
  /** who asked for it: `user@host`, or the name of a token */
  readonly requestedBy: string;
  readonly occasion?: RunOccasion;
  /** the values that were asked for, by input name */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** names of those that are texts, to be read by the rule of their widget when that is known */
  readonly textInputs?: readonly string[];
  /** whether it waits for a worker; else its caller carries it out at once */
  readonly isQueued: boolean;
  readonly state: RunState;
  /** ISO 8601, UTC, as are the next two */
  readonly submittedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: readonly RunAttemptRecord[];
  /** the version that was read or published; null when there is none yet */
  readonly version: number | null;
  /** whether this run published that version */
  readonly isPublisher: boolean;
  /** in file order; empty until the run has ended */
  readonly cells: readonly CellRecord[];
  readonly error?: RunError;
}

export function isFinal(state: RunState): state is RunStatus {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** Where a run may go from where it stands; where it stays, only its attempts are told anew. */
const MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ["queued", "running", "completed", "failed", "cancelled"],
  running: ["running", "queued", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

/** Fields that are set when a run is accepted. */
const SETTLED = [
  "format",
  "runId",
  "context",
  "trigger",
  "requestedBy",
  "occasion",
  "inputs",
  "acceptSchema",
  "compute",
  "overwrite",
  "isQueued",
  "submittedAt",
] as const satisfies readonly (keyof RunRecord)[];

/** Why a record may not follow another one of the same run; undefined when it may. */
export function moveFault(from: RunRecord, to: RunRecord): string | undefined {
  if (!MOVES[from.state].includes(to.state)) {
    return `a run that is ${from.state} never becomes ${to.state}`;
  }
  const changed = SETTLED.find((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]));
  if (changed !== undefined) return `\`${changed}\` of a run never changes`;
  if (to.attempts.length < from.attempts.length) return "no attempt is ever forgotten";
  return stateFault(to);
}

/** The contradiction between a record and its state; undefined when there is none. */
export function stateFault({ state, startedAt, endedAt }: RunRecord): string | undefined {
  if (isFinal(state) !== (endedAt !== null))
    return "`endedAt` is told of exactly the runs that ended";
  const hasStarted = state === "running" || state === "completed";
  if (hasStarted && startedAt === null) return `a run that is ${state} has started`;
  return undefined;
}

/** Options of a run that differ from the defaults; plain JSON. */
export interface RunOptions {
  /** publishes frames also when they lost columns that cells below them read */
  readonly acceptSchema: boolean;
  /** which heavy cells are computed; all of them unless told */
  readonly compute?: RunCompute;
  /** names of frames that may replace a CSV which no run has published; none unless told */
  readonly overwrite?: readonly string[];
}

/** The options out of a run's request; those with their default are left out. */
export function toRunOptions({
  acceptSchema = false,
  compute = "all",
  overwrite = [],
}: { readonly [Wish in keyof RunOptions]?: RunOptions[Wish] | undefined }): RunOptions {
  return {
    acceptSchema,
    ...(compute === "all" ? {} : { compute }),
    ...(overwrite.length === 0 ? {} : { overwrite }),
  };
}

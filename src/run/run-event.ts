import type { PlannedAction, RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import type { ErrorCode } from "../errors.ts";
import type { CsvReport } from "../frame/csv/read/csv-report.ts";
import type { CellOutput } from "./cell-output.ts";
import type { Freshness } from "./freshness.ts";

/** Which door a run came in by. */
export const RUN_TRIGGERS = ["cli", "page", "schedule", "api"] as const;

export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** What happened to a cell in a run. */
type CellStatus = PlannedAction | "skipped" | "failed";

export type RunStatus = "completed" | "failed" | "cancelled";

/** Why a run or a cell failed, for people and programs; holds no secret. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a run tells while it goes, in order. */
export type RunEvent =
  /** the plan is made, nothing has run yet */
  | { readonly type: "run-started"; readonly runId: string; readonly plan: RunPlan }
  | { readonly type: "cell-started"; readonly name: string }
  /** a cell says how far it is, 0 to 1 */
  | {
      readonly type: "cell-progressed";
      readonly name: string;
      readonly fraction: number;
      readonly message: string;
    }
  /** a line for the run's log; without a name it comes from the run itself */
  | { readonly type: "line-logged"; readonly name?: string; readonly line: string }
  /** a cell is done, whatever became of it */
  | { readonly type: "cell-ended"; readonly cell: CellResult }
  | { readonly type: "run-ended"; readonly result: RunResult };

export interface CellResult {
  readonly name: string;
  readonly status: CellStatus;
  /** ISO 8601, UTC; absent where it never began */
  readonly startedAt?: string;
  /** milliseconds, whole */
  readonly elapsedMs: number;
  /** the oldest version that is known to hold the frame of a cell that is kept */
  readonly keptSince?: number;
  readonly output?: CellOutput;
  /** what was decided about the CSV files of other tools that it read, in order */
  readonly csv?: readonly CsvReport[];
  /** how current the cell's published frame is, for a cached cell */
  readonly data?: Freshness;
  readonly error?: RunError;
}

/** A run that has ended: plain JSON, of the same shape whether it went well or not. */
export interface RunResult {
  readonly runId: string;
  readonly context: RunContext;
  readonly status: RunStatus;
  /** ISO 8601, UTC */
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** the version that was published or read; null when the run did neither */
  readonly version: number | null;
  /** whether this run, or an earlier attempt at it, published that version */
  readonly isPublisher: boolean;
  /** how current what it shows is: that of the oldest frame; absent when it has none */
  readonly data?: Freshness;
  /** in file order */
  readonly cells: readonly CellResult[];
  readonly error?: RunError;
}

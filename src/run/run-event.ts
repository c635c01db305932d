import type { PlannedAction, RunPlan } from "../cell/plan.ts";
import type { RunContext } from "../cell/run-context.ts";
import type { ErrorCode } from "../errors.ts";
import type { CsvReport } from "../frame/csv/read/csv-report.ts";
import type { CellOutput } from "./cell-output.ts";

/** Which door a run came in by. */
export const RUN_TRIGGERS = ["cli", "page", "schedule", "api"] as const;

export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** Status of a cell in a run. */
type CellStatus = PlannedAction | "skipped" | "failed";

export type RunStatus = "completed" | "failed" | "cancelled";

/** Why a run or a cell failed, for people and programs; holds no secret. */
export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Events of a run, in order. */
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
  /** a cell has ended, with any status */
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

/** How current a frame is that a run read: what people need to trust what they see. */
export interface Freshness {
  /** the version that holds it; null for a CSV that another tool left */
  readonly version: number | null;
  /**
   * ISO 8601, UTC; of a CSV that another tool left, when it was written; null when nobody noted it
   */
  readonly computedAt: string | null;
  /** milliseconds since then */
  readonly ageMs: number | null;
  /** older than its `maxAge` */
  readonly stale: boolean;
  /** whether the code that made it is the code that the project has now; null when nobody noted it */
  readonly sameCode: boolean | null;
}

/** Where and when a frame that was read came from. */
export interface FrameOrigin {
  readonly version: number | null;
  readonly computedAt: string | null;
  readonly codeHash: string | null;
  /** names the content of a CSV that another tool left */
  readonly tag?: string | undefined;
}

/** Age that the frame may have now. */
export interface FreshnessRule {
  /** undefined: it never gets stale */
  readonly maxAgeMs: number | undefined;
  readonly codeHash: string;
  readonly nowMs: number;
}

export function toFreshness(origin: FrameOrigin, rule: FreshnessRule): Freshness {
  const { version, computedAt, codeHash } = origin;
  const ageMs = computedAt === null ? null : Math.max(0, rule.nowMs - Date.parse(computedAt));
  return {
    version,
    computedAt,
    ageMs,
    stale: ageMs !== null && rule.maxAgeMs !== undefined && ageMs > rule.maxAgeMs,
    sameCode: codeHash === null ? null : codeHash === rule.codeHash,
  };
}

/** Of everything a run shows, the oldest, and the worst of the rest; undefined when it read nothing. */
export function oldestOf(all: readonly Freshness[]): Freshness | undefined {
  const [oldest] = all.toSorted((left, right) => (right.ageMs ?? 0) - (left.ageMs ?? 0));
  if (oldest === undefined) return undefined;
  return {
    ...oldest,
    stale: all.some(({ stale }) => stale),
    sameCode: all.every(({ sameCode }) => sameCode !== false) && oldest.sameCode,
  };
}

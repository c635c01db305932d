import type { ErrorCode } from "../errors.ts";
import type { RunRecord } from "../run/history/run-record.ts";
import type { RunSummary } from "../run/process/messages.ts";
import { type ProcessEnding, toRunFailure } from "../run/process/process-ending.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { RunStatus } from "../run/run-event.ts";
import type { StopOrder } from "./claim-keeper.ts";
import { toCellRecord } from "./recorded-facts.ts";

/** What an attempt came to, before the queue and the history are told. */
export type RunOutcome = EndedAttempt | BrokenAttempt | DrainedAttempt | LostAttempt;

/** What a record says of a run that has ended. */
export type RunEnd = Partial<RunRecord> & { readonly state: RunStatus };

/** The run has ended, well or not. */
interface EndedAttempt {
  readonly status: "ended";
  readonly end: RunEnd;
}

/** The process or its surroundings failed: another attempt may do better. */
export interface BrokenAttempt {
  readonly status: "broken";
  readonly cause: string;
  readonly code: ErrorCode;
}

/** The worker shuts down. */
export interface DrainedAttempt {
  readonly status: "drained";
}

/** Another worker has it: nothing that was done counts. */
interface LostAttempt {
  readonly status: "lost";
}

/** What an attempt came to, from how its process ended and what that was told. */
export function toOutcome(
  ending: ProcessEnding,
  order: StopOrder | undefined,
  redact: Redact,
): RunOutcome {
  if (order === "lost") return { status: "lost" };
  if (ending.status === "done") return toEnd(ending.value as RunSummary, order, ending.stop);
  const { code, message } = toRunFailure(ending);
  const isKilled = ending.status === "crashed" && code === "HEX_CANCELLED";
  if (isKilled && order === "drained") return { status: "drained" };
  return toBroken(code, redact(message, "text"));
}

/** Failures of the surroundings rather than of the project: trying again may help. */
const WORTH_ANOTHER: readonly ErrorCode[] = [
  "HEX_RUN_CRASHED",
  "HEX_RUN_SUPERSEDED",
  "HEX_STORE_UNAVAILABLE",
  "HEX_QUEUE_UNAVAILABLE",
];

function toBroken(code: ErrorCode, message: string): RunOutcome {
  if (WORTH_ANOTHER.includes(code)) return { status: "broken", code, cause: message };
  const state = code === "HEX_CANCELLED" ? "cancelled" : "failed";
  return { status: "ended", end: { state, error: { code, message } } };
}

function toEnd(summary: RunSummary, order: StopOrder | undefined, stop: string | null): RunOutcome {
  const { status, version, isPublisher, error } = summary;
  if (status === "cancelled" && order === "drained") return { status: "drained" };
  if (error !== undefined && status === "failed" && WORTH_ANOTHER.includes(error.code)) {
    return { status: "broken", code: error.code, cause: error.message };
  }
  const cells = summary.cells.map(toCellRecord);
  const end = { state: status, version, isPublisher, cells };
  if (status === "cancelled" && stop === "timeout") {
    const message = "Expected the run to be over by its deadline, got one that still went on";
    const late = { code: "HEX_RUN_TIMEOUT", message } as const;
    return { status: "ended", end: { ...end, state: "failed", error: late } };
  }
  return { status: "ended", end: error === undefined ? end : { ...end, error } };
}

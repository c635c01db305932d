import { newRunId } from "../../../src/run/history/run-id.ts";
import type { RunRecord } from "../../../src/run/history/run-record.ts";
import type { RunResult } from "../../../src/run/run-event.ts";

/** An instant that tests count from: milliseconds since 1970. */
export const NOON = Date.parse("2026-03-04T12:00:00Z");
export const DAY_MS = 86_400_000;

/** The record of a run that waits since an instant. */
export function queuedRun(acceptedMs: number, differing: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    runId: newRunId(acceptedMs),
    context: "scheduled",
    trigger: "schedule",
    requestedBy: "ada@lab",
    inputs: { method: "Transit" },
    acceptSchema: false,
    isQueued: true,
    state: "queued",
    submittedAt: new Date(acceptedMs).toISOString(),
    startedAt: null,
    endedAt: null,
    attempts: [],
    version: null,
    isPublisher: false,
    cells: [],
    ...differing,
  };
}

/** The same run, taken by a worker. */
export function toRunning(run: RunRecord, worker = "ada@lab:1"): RunRecord {
  const startedAt = run.submittedAt;
  const attempt = { attempt: run.attempts.length + 1, worker, startedAt };
  return { ...run, state: "running", startedAt, attempts: [...run.attempts, attempt] };
}

/** The same run, at its end. */
export function toCompleted(run: RunRecord, version = 1): RunRecord {
  const endedAt = new Date(Date.parse(run.submittedAt) + 1_000).toISOString();
  const startedAt = run.startedAt ?? run.submittedAt;
  return { ...run, state: "completed", startedAt, endedAt, version, isPublisher: true };
}

/** What the run of a record showed. */
export function resultOf({ runId, context, submittedAt }: RunRecord): RunResult {
  return {
    runId,
    context,
    status: "completed",
    startedAt: submittedAt,
    elapsedMs: 12,
    version: 3,
    isPublisher: false,
    data: { version: 3, computedAt: submittedAt, ageMs: 5, stale: false, sameCode: true },
    cells: [
      {
        name: "intro",
        status: "computed",
        elapsedMs: 1,
        output: { kind: "markdown", markdown: "# é" },
      },
      { name: "sum", status: "computed", elapsedMs: 2, output: { kind: "value", value: 7 } },
      { name: "slow", status: "pruned", elapsedMs: 0 },
    ],
  };
}

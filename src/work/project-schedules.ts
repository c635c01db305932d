import { setTimeout as wait } from "node:timers/promises";
import { toRequestedInputs } from "../cell/requested-input.ts";
import { toHolder, toRequester } from "../project/project-store.ts";
import { newRunId } from "../run/history/run-id.ts";
import { isFinal } from "../run/history/run-record.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { runScheduler } from "../schedule/scheduler.ts";
import type {
  ScheduledRun,
  SchedulerClock,
  SchedulerEvent,
} from "../schedule/scheduler-options.ts";
import type { ProjectRuns } from "./project-runs.ts";
import { type SubmittedRun, submitRun } from "./submit-run.ts";

export interface SchedulesOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SchedulerEvent) => void;
  /** this machine's unless told */
  readonly clock?: SchedulerClock | undefined;
}

const REAL_CLOCK: SchedulerClock = {
  now: Date.now,
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
};

/** Files the runs of a project's schedules when they are due, until the signal ends it. */
export async function runSchedules(
  runs: ProjectRuns,
  { signal, onEvent, clock = REAL_CLOCK }: SchedulesOptions,
): Promise<void> {
  const { store, history, config } = runs;
  await runScheduler({
    schedules: config.schedules,
    store,
    clock,
    file: (run) => fileScheduled(runs, run),
    isActive: async (runId) => {
      const record = await history.read(runId);
      return record !== undefined && !isFinal(record.state);
    },
    isFiled: async (runId) => (await history.read(runId)) !== undefined,
    newRunId,
    onEvent,
    filedBy: toHolder(),
    signal,
  });
}

/** Files the run of a planned instant; filed twice, it is one run. */
function fileScheduled(
  runs: ProjectRuns,
  { runId, schedule, instant }: ScheduledRun,
): Promise<SubmittedRun> {
  const occasion = { schedule: schedule.name, instant };
  return submitRun(runs, toScheduledRequest(schedule), {
    runId,
    occasion,
    requestedBy: toRequester(),
  });
}

/** The run that a schedule asks for, whenever it is due. */
export function toScheduledRequest({ name, context, inputs, compute }: Schedule) {
  const place = (input: string) => `input ${input} of schedule ${name}`;
  const requested = toRequestedInputs(Object.entries(inputs), { place });
  return { context, trigger: "schedule", inputs: requested, compute } as const;
}

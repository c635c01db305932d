import type { SchedulerEvent } from "../schedule/scheduler-options.ts";
import { openProjectRuns, type ProjectRuns } from "../work/project-runs.ts";
import { runSchedules } from "../work/project-schedules.ts";
import { runWorker, type WorkerEvent, type WorkerOptions } from "../work/worker.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parseDurationFlag,
  untilInterrupted,
} from "./command.ts";
import { toShownJson, toShownWord, warn } from "./terminal.ts";
import type { MetricsEvent } from "./worker-metrics.ts";

/** The flags of `hex worker`. */
export interface WorkerFlags extends CommandFlags {
  readonly drain: string;
  readonly schedules: boolean;
  readonly metrics?: string;
}

/** `hex worker`: carries out queued runs until a signal stops it. */
export async function worker(flags: WorkerFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const drainMs = parseDurationFlag(flags.drain, "--drain");
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  try {
    await untilInterrupted("the worker was told to stop", ({ signal }) =>
      work(runs, flags, { signal, drainMs }),
    );
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

/** Carries out runs and files those of schedules; logs and counts the events. */
async function work(
  runs: ProjectRuns,
  flags: WorkerFlags,
  { signal, drainMs }: Pick<WorkerOptions, "signal" | "drainMs">,
): Promise<void> {
  const print = flags.json === true ? printJson : printLine;
  const metrics = await openMetrics(flags, runs, print);
  const onEvent = (event: LoggedEvent) => {
    metrics?.take(event);
    print(event);
  };
  try {
    await Promise.all([
      runWorker(runs, { signal, drainMs, onEvent }),
      flags.schedules ? runSchedules(runs, { signal, onEvent }) : warnLeftOut(runs, onEvent),
    ]);
  } finally {
    await metrics?.close();
  }
}

type LoggedEvent = WorkerEvent | SchedulerEvent | MetricsEvent;

type LogEvent = (event: LoggedEvent) => void;

async function openMetrics({ metrics }: WorkerFlags, { queue }: ProjectRuns, onEvent: LogEvent) {
  if (metrics === undefined) return undefined;
  const { serveMetrics } = await import("./worker-metrics.ts");
  return serveMetrics(metrics, { queue, onEvent });
}

function warnLeftOut({ config }: ProjectRuns, onEvent: LogEvent): void {
  if (config.schedules.length === 0) return;
  const message = `${config.schedules.length} schedules are left to other workers`;
  onEvent({ type: "worker-warned", message });
}

function printJson(event: LoggedEvent): void {
  warn(toShownJson({ at: new Date().toISOString(), ...event }));
}

function printLine(event: LoggedEvent): void {
  warn(`${new Date().toISOString()} ${toShownWord(toLine(event))}`);
}

function toLine(event: LoggedEvent): string {
  switch (event.type) {
    case "worker-started":
      return `worker ${event.worker} takes jobs from ${event.queue}; Ctrl-C stops it`;
    case "worker-draining":
      return "draining: takes no new jobs; those that run may end";
    case "worker-warned":
    case "store-unfit":
      return event.message;
    case "job-claimed":
      return `${event.lane} ${event.id} begins`;
    case "job-ended":
      return `${event.lane} ${event.id}: ${event.outcome} after ${(event.elapsedMs / 1_000).toFixed(1)} s`;
    case "metrics-served":
      return `metrics are served at ${event.url}`;
    case "schedule-fired":
      return `schedule ${event.schedule} files run ${event.runId} for ${event.instant}`;
    case "schedule-skipped":
      return `schedule ${event.schedule} skips ${event.instant}: ${event.reason}`;
    case "schedule-missed":
      return `schedule ${event.schedule} has missed ${event.missed} instants before ${event.instant}`;
    case "schedule-late":
      return `schedule ${event.schedule} has not fired since ${event.since}`;
    case "schedule-failed":
      return `schedule ${event.schedule}: ${event.message}`;
  }
}

import { parseDuration } from "../cell/duration.ts";
import { HexError } from "../errors.ts";
import type { SchedulerEvent } from "../schedule/scheduler-options.ts";
import { openProjectRuns, type ProjectRuns } from "../work/project-runs.ts";
import { keepSchedules } from "../work/project-schedules.ts";
import { runWorker, type WorkerEvent, type WorkerOptions } from "../work/worker.ts";
import { EXIT_COMPLETED, EXIT_INTERRUPTED } from "./exit-code.ts";
import type { MainOptions } from "./main.ts";
import { toShownJson, toShownWord, warn } from "./terminal.ts";
import type { MetricsEvent } from "./worker-metrics.ts";

/** The flags of `hex worker`, as commander hands them over. */
export interface WorkerFlags {
  readonly project: string;
  readonly drain: string;
  readonly schedules: boolean;
  readonly metrics?: string;
  readonly json?: true;
}

/** `hex worker`: carries out runs that wait, until it is told to stop. */
export async function worker(flags: WorkerFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const drainMs = parseDrain(flags.drain);
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  const stop = new AbortController();
  const onStop = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort(new HexError("HEX_CANCELLED", "the worker was told to stop"));
  };
  process.on("SIGINT", onStop).on("SIGTERM", onStop);
  try {
    await work(runs, flags, { signal: stop.signal, drainMs });
    return EXIT_COMPLETED;
  } finally {
    process.off("SIGINT", onStop).off("SIGTERM", onStop);
    await runs.close();
  }
}

/** Carries out runs and files those of schedules, telling and measuring what happens. */
async function work(
  runs: ProjectRuns,
  flags: WorkerFlags,
  { signal, drainMs }: Pick<WorkerOptions, "signal" | "drainMs">,
): Promise<void> {
  const print = flags.json === true ? printJson : printLine;
  const metrics = await openMetrics(flags, runs, print);
  const onEvent = (event: ToldEvent) => {
    metrics?.take(event);
    print(event);
  };
  try {
    await Promise.all([
      runWorker(runs, { signal, drainMs, onEvent }),
      flags.schedules ? keepSchedules(runs, { signal, onEvent }) : tellLeftOut(runs, onEvent),
    ]);
  } finally {
    await metrics?.close();
  }
}

type ToldEvent = WorkerEvent | SchedulerEvent | MetricsEvent;

type TellEvent = (event: ToldEvent) => void;

async function openMetrics({ metrics }: WorkerFlags, { queue }: ProjectRuns, tell: TellEvent) {
  if (metrics === undefined) return undefined;
  const { serveMetrics } = await import("./worker-metrics.ts");
  return serveMetrics(metrics, { queue, onEvent: tell });
}

function tellLeftOut({ config }: ProjectRuns, onEvent: TellEvent): void {
  if (config.schedules.length === 0) return;
  const message = `${config.schedules.length} schedules are left to other workers`;
  onEvent({ type: "worker-warned", message });
}

function parseDrain(text: string): number {
  try {
    return parseDuration(text, "--drain");
  } catch (cause) {
    throw cause instanceof HexError ? new HexError("HEX_USAGE", cause.message) : cause;
  }
}

function printJson(event: ToldEvent): void {
  warn(toShownJson({ at: new Date().toISOString(), ...event }));
}

function printLine(event: ToldEvent): void {
  warn(`${new Date().toISOString()} ${toShownWord(toLine(event))}`);
}

function toLine(event: ToldEvent): string {
  switch (event.type) {
    case "worker-started":
      return `worker ${event.worker} takes jobs from ${event.queue}; Ctrl-C stops it`;
    case "worker-draining":
      return "no new jobs are taken; those that go may end";
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

import { Registry } from "prom-client";
import { HexError } from "../errors.ts";
import type { ServerSettings } from "../project/server-settings.ts";
import type { SchedulerEvent } from "../schedule/scheduler-event.ts";
import type { Log, LogEntry } from "../server/request-log.ts";
import { type HexServer, openServer } from "../server/server.ts";
import { openProjectRuns, type ProjectRuns } from "../work/project-runs.ts";
import { keepSchedules } from "../work/project-schedules.ts";
import { recoverRuns } from "../work/recover-runs.ts";
import { runWorker, type WorkerEvent } from "../work/worker.ts";
import { EXIT_COMPLETED, EXIT_INTERRUPTED } from "./exit-code.ts";
import type { MainOptions } from "./main.ts";
import { countWork } from "./worker-metrics.ts";

/** The flags of `hex serve`, as commander hands them over. */
export interface ServeFlags {
  readonly project: string;
  readonly host?: string;
  readonly port?: string;
  readonly worker: boolean;
  readonly schedules: boolean;
}

/** Requests that are being answered, and runs that go, have so long to end. */
const DRAIN_MS = 30_000;

/** `hex serve`: answers programs, carries runs out and keeps schedules, until it is told to stop. */
export async function serve(flags: ServeFlags, { runtimeUrl }: MainOptions): Promise<number> {
  const runs = await openProjectRuns(flags.project, { runtimeUrl });
  try {
    const registry = new Registry();
    const count = countWork(registry, runs.queue);
    const server = await openServer({ runs, registry, settings: toSettings(flags, runs) });
    const onEvent = (event: WorkerEvent | SchedulerEvent) => {
      count(event);
      server.log(toEntry(event));
    };
    await serveUntilStopped(server, { runs, flags, onEvent });
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

/** What goes on beside the server. */
interface Beside {
  readonly runs: ProjectRuns;
  readonly flags: ServeFlags;
  readonly onEvent: (event: WorkerEvent | SchedulerEvent) => void;
}

async function serveUntilStopped(server: HexServer, beside: Beside): Promise<void> {
  const stop = new AbortController();
  const onStop = () => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort(new HexError("HEX_CANCELLED", "the server was told to stop"));
  };
  process.on("SIGINT", onStop).on("SIGTERM", onStop);
  try {
    const address = await server.listen();
    const { projectId } = beside.runs.config;
    const message = `The page is open at ${address}/`;
    server.log({
      ...{ level: "info", event: "server-started", message, address },
      ...{ projectId, pid: process.pid },
    });
    await keepServing(server, beside, stop);
    server.log({ level: "info", event: "server-stopped" });
  } finally {
    process.off("SIGINT", onStop).off("SIGTERM", onStop);
  }
}

/** Answers, works and watches the clock side by side; what fails ends the others. */
async function keepServing(
  server: HexServer,
  { runs, flags, onEvent }: Beside,
  stop: AbortController,
): Promise<void> {
  const { signal } = stop;
  const onWarning = (message: string) => onEvent({ type: "worker-warned", message });
  const parts = [
    closeWhenStopped(server, server.log, signal),
    flags.worker
      ? runWorker(runs, { signal, drainMs: DRAIN_MS, onEvent })
      : recoverRuns(runs, { signal, onWarning }),
    ...(flags.schedules ? [keepSchedules(runs, { signal, onEvent })] : []),
  ];
  const ended = await Promise.allSettled(
    parts.map((part) =>
      part.catch((thrown: unknown) => {
        stop.abort(thrown);
        throw thrown;
      }),
    ),
  );
  for (const each of ended) if (each.status === "rejected") throw each.reason;
}

async function closeWhenStopped(server: HexServer, log: Log, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }
  log({ level: "info", event: "server-draining" });
  await server.close(DRAIN_MS);
}

function toSettings(
  { host, port }: ServeFlags,
  { config: { server } }: ProjectRuns,
): ServerSettings {
  return {
    ...server,
    host: host ?? server.host,
    port: port === undefined ? server.port : parsePort(port),
  };
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new HexError(
    "HEX_USAGE",
    `Expected --port to be a whole number from 0 to 65535, got ${JSON.stringify(text)}`,
  );
}

const WARNINGS: ReadonlySet<string> = new Set([
  "worker-warned",
  "store-unfit",
  "schedule-missed",
  "schedule-late",
  "schedule-failed",
]);

function toEntry({ type, ...facts }: WorkerEvent | SchedulerEvent): LogEntry {
  return { level: WARNINGS.has(type) ? "warn" : "info", event: type, ...facts };
}

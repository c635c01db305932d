import { Registry } from "prom-client";
import type { ServerSettings } from "../project/server-settings.ts";
import type { SchedulerEvent } from "../schedule/scheduler-options.ts";
import type { Log, LogEntry } from "../server/request-log.ts";
import { type HexServer, openServer } from "../server/server.ts";
import { openProjectRuns, type ProjectRuns } from "../work/project-runs.ts";
import { runSchedules } from "../work/project-schedules.ts";
import { recoverRuns } from "../work/recover-runs.ts";
import { runWorker, type WorkerEvent } from "../work/worker.ts";
import {
  type CommandFlags,
  EXIT_COMPLETED,
  type MainOptions,
  parsePort,
  untilInterrupted,
  whenAborted,
} from "./command.ts";
import { countWork } from "./worker-metrics.ts";

/** The flags of `hex serve`. */
export interface ServeFlags extends CommandFlags {
  readonly host?: string;
  readonly port?: string;
  readonly worker: boolean;
  readonly schedules: boolean;
}

/** How long open requests and running runs may take to end. */
const DRAIN_MS = 30_000;

/** `hex serve`: serves the page and the API, carries out runs and schedules until a signal stops it. */
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
    await untilInterrupted("the server was told to stop", async (stop) => {
      const address = await server.listen();
      const { projectId } = runs.config;
      const message = `The page is open at ${address}/`;
      server.log({
        ...{ level: "info", event: "server-started", message, address },
        ...{ projectId, pid: process.pid },
      });
      await keepServing(server, { runs, flags, onEvent }, stop);
      server.log({ level: "info", event: "server-stopped" });
    });
    return EXIT_COMPLETED;
  } finally {
    await runs.close();
  }
}

/** Work that goes on beside the server. */
interface Beside {
  readonly runs: ProjectRuns;
  readonly flags: ServeFlags;
  readonly onEvent: (event: WorkerEvent | SchedulerEvent) => void;
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
    ...(flags.schedules ? [runSchedules(runs, { signal, onEvent })] : []),
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
  await whenAborted(signal);
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

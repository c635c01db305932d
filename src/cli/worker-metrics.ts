import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { expectation, HexError } from "../errors.ts";
import type { Queue } from "../queue/queue.ts";
import { LANES } from "../queue/queue.ts";
import type { SchedulerEvent } from "../schedule/scheduler-options.ts";
import type { WorkerEvent } from "../work/worker.ts";

/** The event of metrics being served. */
export interface MetricsEvent {
  readonly type: "metrics-served";
  readonly url: string;
}

export interface MetricsOptions {
  readonly queue: Pick<Queue, "count">;
  readonly onEvent: (event: MetricsEvent) => void;
}

/** Metrics of a worker, served over HTTP until closed. */
export interface WorkerMetrics {
  readonly take: (event: WorkerEvent | SchedulerEvent | MetricsEvent) => void;
  close(): Promise<void>;
}

/**
 * Serves what a worker measures as Prometheus reads it. It holds counts and times, no names and no
 * secrets, so everyone who reaches the address may read it.
 *
 * @param address `9464` for this machine alone, or `0.0.0.0:9464`
 * @throws {HexError} HEX_USAGE when the address is none, or cannot be had
 */
export async function serveMetrics(
  address: string,
  { queue, onEvent }: MetricsOptions,
): Promise<WorkerMetrics> {
  const registry = new Registry();
  const take = countWork(registry, queue);
  const server = await listen(address, registry);
  onEvent({ type: "metrics-served", url: toUrl(server) });
  return { take, close: () => close(server) };
}

/** Counts a worker's jobs, the jobs in the queue, and the use of the process. */
export function countWork(
  registry: Registry,
  queue: MetricsOptions["queue"],
): WorkerMetrics["take"] {
  countQueue(registry, queue);
  collectDefaultMetrics({ register: registry });
  return countJobs(registry);
}

/** A process starts in a fifth of a second; the default deadline of a run is an hour. */
const SECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

function countJobs(registry: Registry): WorkerMetrics["take"] {
  const registers = [registry];
  const claimed = new Counter({
    name: "hex_jobs_claimed_total",
    help: "Jobs that this worker has claimed",
    labelNames: ["lane"],
    registers,
  });
  const ended = new Counter({
    name: "hex_jobs_ended_total",
    help: "Jobs that this worker has done with, and what it made of them",
    labelNames: ["lane", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "hex_job_seconds",
    help: "How long this worker had jobs",
    labelNames: ["lane"],
    buckets: SECONDS,
    registers,
  });
  return (event) => {
    if (event.type === "job-claimed") claimed.inc({ lane: event.lane });
    if (event.type !== "job-ended") return;
    ended.inc({ lane: event.lane, outcome: event.outcome });
    seconds.observe({ lane: event.lane }, event.elapsedMs / 1_000);
  };
}

/** The queue is asked at each scrape; when it is away, only the rest is served. */
function countQueue(registry: Registry, queue: MetricsOptions["queue"]): void {
  new Gauge({
    name: "hex_queue_jobs",
    help: "Jobs of the project that wait or are claimed, by all workers together",
    labelNames: ["lane", "state"],
    registers: [registry],
    async collect() {
      this.reset();
      const counts = await queue.count().catch(onlyExpected);
      if (counts === undefined) return;
      for (const lane of LANES) {
        this.set({ lane, state: "queued" }, counts[lane].queued);
        this.set({ lane, state: "claimed" }, counts[lane].claimed);
      }
    },
  });
}

function onlyExpected(thrown: unknown): undefined {
  if (!(thrown instanceof HexError)) throw thrown;
}

async function listen(address: string, registry: Registry): Promise<Server> {
  const server = createServer(async ({ method, url }, response) => {
    if (method !== "GET" || url?.split("?")[0] !== "/metrics") {
      response.writeHead(404).end("Metrics are at /metrics.\n");
      return;
    }
    const text = await registry.metrics();
    response.writeHead(200, { "content-type": registry.contentType }).end(text);
  });
  server.listen(parseAddress(address));
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    throw badAddress("one that is free on this machine", `${address}: ${cause.code}`);
  });
  return server;
}

function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] =
    /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw badAddress("a port such as 9464, or host:port", JSON.stringify(address));
  }
  return { host: bracketed ?? plain ?? "127.0.0.1", port: Number(port) };
}

function badAddress(expected: string, got: string): HexError {
  return expectation("HEX_USAGE", { place: "--metrics", expected, got });
}

function toUrl(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}/metrics`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

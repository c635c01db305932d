import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** An answered request, as it is counted. */
export interface AnsweredRequest {
  readonly method: string;
  /** the route's pattern, not the address: ids would be counted one by one */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
}

/** Metrics of the server for Prometheus. */
export class ServerMetrics {
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #seconds: Histogram<"method" | "route">;
  readonly #runs: Counter<"context">;

  /** @param countInside how many requests are being answered */
  constructor(registry: Registry, countInside: () => number) {
    const registers = [registry];
    this.#requests = new Counter({
      name: "hex_http_requests_total",
      help: "Requests that were answered or given up by their client",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "hex_http_request_duration_seconds",
      help: "From the arrival of a request until its answer has left",
      labelNames: ["method", "route"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.#runs = new Counter({
      name: "hex_api_runs_submitted_total",
      help: "Runs that were accepted from programs",
      labelNames: ["context"],
      registers,
    });
    new Gauge({
      name: "hex_http_requests_in_progress",
      help: "Requests that are being answered",
      registers,
      collect() {
        this.set(countInside());
      },
    });
  }

  countRequest({ method, route, status, elapsedMs }: AnsweredRequest): void {
    this.#requests.inc({ method, route, status });
    this.#seconds.observe({ method, route }, elapsedMs / 1_000);
  }

  countRun(context: string): void {
    this.#runs.inc({ context });
  }
}

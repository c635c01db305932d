import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RequestGate } from "./request-gate.ts";
import type { Log } from "./request-log.ts";
import type { ServerMetrics } from "./server-metrics.ts";

export interface WatchRequestsOptions {
  readonly gate: RequestGate;
  readonly metrics: ServerMetrics;
  readonly log: Log;
  /** a client that does not take its answer within this time is dropped; milliseconds */
  readonly takeMs: number;
}

/** What every answer says to browsers: it is data, not to be shown, kept or framed. */
const ANSWER_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Lets requests in as long as there is room, and notes what became of each. */
export function watchRequests(
  app: FastifyInstance,
  { gate, metrics, log, takeMs }: WatchRequestsOptions,
): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ ...ANSWER_HEADERS, "x-request-id": request.id });
    const startedMs = performance.now();
    const leave = orThrown(() => gate.enter());
    reply.raw.once("close", () => {
      if (leave.ok) leave.value();
      const elapsedMs = Math.round((performance.now() - startedMs) * 10) / 10;
      tell(request, reply, elapsedMs, { metrics, log });
    });
    if (!leave.ok) throw leave.thrown;
  });
  app.addHook("onSend", async (_request, reply, payload) => {
    if (typeof payload !== "string" && !(payload instanceof Uint8Array)) return;
    const drop = setTimeout(() => reply.raw.destroy(), takeMs);
    reply.raw.once("close", () => clearTimeout(drop));
  });
}

type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly thrown: unknown };

function orThrown<Value>(act: () => Value): Outcome<Value> {
  try {
    return { ok: true, value: act() };
  } catch (thrown) {
    return { ok: false, thrown };
  }
}

/** The address itself is not logged: whatever somebody puts there would stand in the log. */
function tell(
  { id, method, routeOptions, caller }: FastifyRequest,
  { raw, statusCode }: FastifyReply,
  elapsedMs: number,
  { metrics, log }: Pick<WatchRequestsOptions, "metrics" | "log">,
): void {
  const route = routeOptions.url ?? "none";
  const status = raw.writableFinished ? statusCode : 499;
  metrics.countRequest({ method, route, status, elapsedMs });
  log({
    level: status >= 500 ? "error" : "info",
    event: "request",
    requestId: id,
    method,
    route,
    status,
    elapsedMs,
    ...(caller === null ? {} : { caller: caller.id }),
  });
}

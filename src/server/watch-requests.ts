import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HttpFailure } from "./http-failure.ts";
import { RequestGate } from "./limits.ts";
import type { Log } from "./request-log.ts";
import type { ServerMetrics } from "./server-metrics.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** whether its answer goes on for as long as the client listens */
    isStream?: boolean;
  }
  interface FastifyRequest {
    /** drops a client that does not take its answer in time */
    drop: NodeJS.Timeout | undefined;
  }
}

export interface WatchRequestsOptions {
  readonly gate: RequestGate;
  readonly metrics: ServerMetrics;
  readonly log: Log;
  /** a client that does not take its answer within this time is dropped; milliseconds */
  readonly takeMs: number;
}

/** Streams are counted apart: they are open for as long as their clients want. */
const MOST_STREAMS = 1_000;

/** Headers of every answer: it is data, not to be shown, cached or framed. */
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
  const streams = new RequestGate(MOST_STREAMS);
  app.decorateRequest("drop", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    const { isStream = false } = request.routeOptions.config;
    reply.headers(ANSWER_HEADERS).header("x-request-id", request.id);
    const startedMs = performance.now();
    const leave = orThrown(() => (isStream ? streams : gate).enter());
    whenOver(request, reply, () => {
      clearTimeout(request.drop);
      if (leave.ok) leave.value();
      const elapsedMs = Math.round((performance.now() - startedMs) * 10) / 10;
      logRequest(request, reply, elapsedMs, { metrics, log });
    });
    if (leave.ok) done();
    else done(leave.thrown as Error);
  });
  app.addHook("onSend", (request, _reply, payload, done) => {
    if (typeof payload === "string" || payload instanceof Uint8Array) {
      clearTimeout(request.drop);
      request.drop = setTimeout(() => request.raw.socket.destroy(), takeMs);
    }
    done(null, payload);
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

/** The address itself is not logged: callers could write into the log with it. */
function logRequest(
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

/**
 * Calls once, when an answer has left or its connection is gone, whichever is first. Of several
 * answers on one connection only the one that is on its way ends with the connection.
 */
function whenOver(
  { raw: { socket } }: FastifyRequest,
  { raw }: FastifyReply,
  end: () => void,
): void {
  const waiting = findWaiting(socket);
  const endOnce = () => {
    if (waiting.delete(endOnce)) end();
  };
  waiting.add(endOnce);
  raw.once("close", endOnce);
}

/** Aborts when the answer has left, or its client is gone. */
export function untilGone(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenOver(request, reply, () => {
    gone.abort(new HttpFailure(499, "Expected a viewer who waits for the answer, got none"));
  });
  return gone.signal;
}

/** Callbacks for a lost connection: one listener for all its requests. */
const waitingOn = new WeakMap<Socket, Set<() => void>>();

function findWaiting(socket: Socket): Set<() => void> {
  const known = waitingOn.get(socket);
  if (known !== undefined) return known;
  const waiting = new Set<() => void>();
  waitingOn.set(socket, waiting);
  socket.once("close", () => {
    for (const end of [...waiting]) end();
  });
  return waiting;
}

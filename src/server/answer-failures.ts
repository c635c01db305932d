import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { HexError } from "../errors.ts";
import type { Redact } from "../run/redact/redactor.ts";
import { HttpFailure, toErrorBody, toHttpFailure } from "./http-failure.ts";
import type { Log } from "./request-log.ts";

export interface AnswerFailuresOptions {
  readonly redact: Redact;
  readonly log: Log;
}

/** Answers every failure in the shape of its route, and takes secrets out of every answer. */
export function answerFailures(app: FastifyInstance, { redact, log }: AnswerFailuresOptions): void {
  app.setErrorHandler((thrown, request, reply) => {
    const failure = toHttpFailure(thrown);
    if (failure.status >= 500) logFailure(thrown, request, log);
    return sendFailure(failure, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    if (isPerson(request)) return sendNothingHere(reply);
    const reason = "Expected an address that the API has, got another";
    return sendFailure(new HttpFailure(404, reason), request, reply);
  });
  app.addHook("preSerialization", async (_request, _reply, payload) => redact(payload, "answer"));
}

/** Whether a browser asks for a page; programs ask for JSON, or for anything. */
function isPerson({ method, headers, url }: FastifyRequest): boolean {
  const isPage = method === "GET" && !url.startsWith("/api/");
  return isPage && headers.accept?.includes("text/html") === true;
}

function sendNothingHere(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .header("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
    .type("text/html; charset=utf-8")
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Nothing is here</title>
</head>
<body>
<h1>Nothing is at this address</h1>
<p><a href="/">Go to the app</a></p>
</body>
</html>
`);
}

/** What is wrong before any route is found: an address that cannot be read. */
export function answerLayerFailures(
  thrown: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void sendFailure(toHttpFailure(thrown), request, reply);
}

/** What is wrong before there is a request: not HTTP, headers too large, a client too slow. */
export function refuseFaultyRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason] = FAULTS[error.code ?? ""] ?? FAULT;
  const body = JSON.stringify({ reason });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const FAULT = ["400 Bad Request", "Expected an HTTP request, got something else"] as const;
const FAULTS: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    "Expected headers and an address of at most 16 KiB, got more",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    "408 Request Timeout",
    "Expected the request to arrive in time, got only a part of it",
  ],
};

function sendFailure(
  failure: HttpFailure,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { errors = "reason" } = request.routeOptions.config;
  return reply
    .code(failure.status)
    .headers(failure.headers)
    .type("application/json; charset=utf-8")
    .send(toErrorBody(failure, errors, request.id));
}

/** Where it happened and why is for the log alone. */
function logFailure(thrown: unknown, request: FastifyRequest, log: Log): void {
  if (thrown instanceof HttpFailure) return;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  log({
    level: "error",
    event: "request-failed",
    requestId: request.id,
    code: thrown instanceof HexError ? thrown.code : error.name,
    message: error.message,
    ...(thrown instanceof HexError ? {} : { stack: error.stack }),
  });
}

import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ErrorCode, HexError } from "../errors.ts";
import type { Redact } from "../run/redact/redactor.ts";
import type { Log } from "./request-log.ts";

/**
 * The shapes of error bodies that Hex's API has: by `reason`; by `message` and `code`; and by
 * `reason`, with lists of wrong and of unknown parameters where the status is 422.
 */
export type ErrorFamily = "reason" | "message" | "params";

/** A refused request: its status and a one-sentence reason that anybody may read. */
export class HttpFailure extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** keys of the body besides those of its family */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    reason: string,
    {
      headers = {},
      details = {},
    }: Partial<Pick<HttpFailure, "headers" | "details">> & { readonly cause?: unknown } = {},
  ) {
    super(reason);
    this.name = "HttpFailure";
    this.status = status;
    this.headers = headers;
    this.details = details;
  }
}

/** A refusal that ends by itself. @param seconds whole, after which it is worth trying again */
export function refuseForNow(status: 429 | 503, reason: string, seconds: number): HttpFailure {
  return new HttpFailure(status, reason, { headers: { "retry-after": `${Math.ceil(seconds)}` } });
}

/** The body of a refusal. */
function toErrorBody(
  failure: HttpFailure,
  family: ErrorFamily,
  traceId: string,
): Readonly<Record<string, unknown>> {
  const { status, message, details } = failure;
  if (family === "reason") return { reason: message, traceId, ...details };
  if (family === "params") {
    const lists = status === 422 ? { invalid: [], notFound: [] } : {};
    return { reason: message, traceId, ...lists, ...details };
  }
  return { message, code: toWord(status), traceId, ...details };
}

/** The refusal for anything thrown; details that nobody may see are left to the log. */
function toHttpFailure(thrown: unknown): HttpFailure {
  if (thrown instanceof HttpFailure) return thrown;
  if (thrown instanceof HexError) return toHexFailure(thrown);
  return isFastifyError(thrown) ? toFastifyFailure(thrown) : UNEXPECTED;
}

const UNEXPECTED = new HttpFailure(
  500,
  "Expected the server to answer, got a failure of its own (its log tells more under this id)",
);
const RETRY_SECONDS = 5;

/** The status that a failure of each kind is answered with; all others are the server's own. */
const STATUSES: Partial<Record<ErrorCode, 400 | 404 | 409 | 410 | 422 | 500 | 503 | 504>> = {
  HEX_INPUT_INVALID: 422,
  HEX_CELL_FAILED: 422,
  HEX_NOT_COMPUTED: 422,
  HEX_KEY_REUSED: 422,
  HEX_RUN_UNKNOWN: 404,
  HEX_OUTPUT_UNKNOWN: 404,
  HEX_OUTPUT_GONE: 410,
  HEX_PRESS_UNKNOWN: 409,
  HEX_RUN_CRASHED: 500,
  HEX_RUN_TIMEOUT: 504,
  HEX_TOO_BUSY: 503,
  HEX_STORE_UNAVAILABLE: 503,
  HEX_QUEUE_UNAVAILABLE: 503,
};

function toHexFailure({ code, message }: HexError): HttpFailure {
  const status = STATUSES[code];
  if (status === undefined) return UNEXPECTED;
  if (status !== 503) return new HttpFailure(status, message);
  if (code === "HEX_TOO_BUSY") return refuseForNow(503, message, RETRY_SECONDS);
  const what = code === "HEX_STORE_UNAVAILABLE" ? "store" : "queue";
  // Place and state of the store are for the operator alone.
  return refuseForNow(
    503,
    `Expected the ${what} to answer, got a failure (the server's log tells more under this id)`,
    RETRY_SECONDS,
  );
}

/** Refusals of the HTTP layer, before our code runs. */
const LAYER_REASONS: Readonly<Record<number, string>> = {
  408: "Expected the request to arrive in time, got only a part of it",
  413: "Expected the body to be at most 1 MiB, got a larger one",
  414: "Expected the path to be one that the API lists, got a longer one",
  415: "Expected the body to be JSON, under the content type application/json, got another",
  503: "Expected the server to be open, got one that is closing",
};

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && "statusCode" in thrown && typeof thrown.statusCode === "number";
}

function toFastifyFailure({ statusCode = 500, code }: FastifyError): HttpFailure {
  const reason = LAYER_REASONS[statusCode];
  if (reason !== undefined) return new HttpFailure(statusCode, reason);
  if (statusCode < 400 || statusCode >= 500) return UNEXPECTED;
  return new HttpFailure(statusCode, `Expected a well-formed request, got ${code ?? "another"}`);
}

const WORDS: Readonly<Record<number, string>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
};

function toWord(status: number): string {
  return WORDS[status] ?? (status >= 500 ? "INTERNAL_SERVER_ERROR" : "BAD_REQUEST");
}

interface AnswerFailuresOptions {
  readonly redact: Redact;
  readonly log: Log;
}

/** Answers failures in the shape of their route, and redacts every answer. */
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
  app.addHook("preSerialization", (_request, _reply, payload, done) => {
    done(null, redact(payload, "answer"));
  });
}

/** Whether a browser requests a page; programs accept JSON, or anything. */
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

/** Answers faults found before a route is: an address that cannot be read. */
export function answerLayerFailures(
  thrown: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void sendFailure(toHttpFailure(thrown), request, reply);
}

/** Answers faults found before there is a request: no HTTP, large headers, a slow client. */
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

/** Place and cause go to the log alone. */
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

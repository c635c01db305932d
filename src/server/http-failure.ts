import type { FastifyError } from "fastify";
import { type ErrorCode, HexError } from "../errors.ts";

/**
 * The shapes of error bodies that Hex's API has: by `reason`; by `message` and `code`; and by
 * `reason`, with lists of wrong and of unknown parameters where the status is 422.
 */
export type ErrorFamily = "reason" | "message" | "params";

/** A request that is refused: the status, and why in one sentence that may be shown to anybody. */
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
export function toErrorBody(
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

/** What is told of anything that was thrown; what nobody may see is left to the log. */
export function toHttpFailure(thrown: unknown): HttpFailure {
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
  // Where the store is, and what stands in its way, is the operator's to know.
  return refuseForNow(
    503,
    `Expected the ${what} to answer, got a failure (the server's log tells more under this id)`,
    RETRY_SECONDS,
  );
}

/** What the HTTP layer refuses before any of our code runs. */
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

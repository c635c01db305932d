import type { FastifyRequest } from "fastify";
import { type ErrorCode, HexError } from "../../errors.ts";
import type { EvaluatedCell, Evaluation } from "../../kernel/evaluation.ts";
import type { RunError } from "../../run/run-event.ts";
import { isAnyone } from "../caller.ts";
import { refuseForNow } from "../http-failure.ts";
import type { Log } from "../request-log.ts";
import { namesHidden, type PageNames } from "./page-names.ts";

/** Failures that anyone may read in full: they speak of the request or the server, not of data. */
const PUBLIC_CODES: readonly ErrorCode[] = [
  "HEX_INPUT_INVALID",
  "HEX_OUTPUT_UNKNOWN",
  "HEX_OUTPUT_GONE",
  "HEX_PRESS_UNKNOWN",
  "HEX_TOO_BUSY",
  "HEX_RUN_TIMEOUT",
  "HEX_STORE_UNAVAILABLE",
  "HEX_CANCELLED",
];

/** Failures to read the project: a fault in a saved cell or in the config. */
const UNREAD: readonly ErrorCode[] = [
  "HEX_CONFIG_INVALID",
  "HEX_SECRET_MISSING",
  "HEX_CELL_INVALID",
  "HEX_CELL_CYCLE",
];
const RETRY_SECONDS = 5;

type Request = Pick<FastifyRequest, "caller" | "id">;

interface Around {
  readonly log: Log;
  /** cells that are not on the page: no sentence names them */
  readonly names: Pick<PageNames, "hidden">;
}

/**
 * An evaluation as its caller may read it. The reason of a failed cell may hold data: callers who have
 * not signed in get only the fact, the log gets the reason.
 *
 * @param text an Evaluation as JSON
 */
export function redactForAnonymous(text: string, request: Request, around: Around): string {
  if (!isAnonymous(request) || !text.includes('"error":{')) return text;
  const answer = JSON.parse(text) as Evaluation;
  const cells = answer.cells.map((cell) => withoutReason(cell, request, around));
  return JSON.stringify({ ...answer, cells } satisfies Evaluation);
}

/**
 * A failure as its caller may read it. Cells that cannot be read now are soon mended by their author:
 * pages try again.
 */
export function redactFailure(
  thrown: unknown,
  request: Request,
  { cell, log, names }: Around & { readonly cell: string },
): unknown {
  if (!(thrown instanceof HexError)) return thrown;
  if (UNREAD.includes(thrown.code)) {
    const { code, message } = thrown;
    log({ level: "warn", event: "project-unread", requestId: request.id, code, message });
    return refuseForNow(503, UNREAD_REASON, RETRY_SECONDS);
  }
  if (!isAnonymous(request)) return thrown;
  if (PUBLIC_CODES.includes(thrown.code) && !namesHidden(thrown.message, names)) return thrown;
  logFailure(cell, thrown, request, log);
  return new HexError(thrown.code, toSentence(cell, thrown.code, new Date().toISOString()));
}

const UNREAD_REASON =
  "Expected the cells of this page to be read, got files that cannot be read as they are now (the server's log tells why)";

function isAnonymous({ caller }: Request): boolean {
  return caller === null || isAnyone(caller);
}

function withoutReason(
  cell: EvaluatedCell,
  request: Request,
  { log, names }: Around,
): EvaluatedCell {
  const { name, error, startedAt = new Date().toISOString() } = cell;
  if (error === undefined) return cell;
  // A timeout holds no data of the cell.
  if (error.code === "HEX_RUN_TIMEOUT" && !namesHidden(error.message, names)) return cell;
  logFailure(name, error, request, log);
  return { ...cell, error: { ...error, message: toSentence(name, error.code, startedAt) } };
}

function logFailure(
  cell: string,
  { code, message }: RunError,
  { id: requestId }: Request,
  log: Log,
) {
  log({ level: "warn", event: "viewer-cell-failed", requestId, cell, code, message });
}

function toSentence(cell: string, code: ErrorCode, at: string): string {
  const when = `${at.slice(0, 16).replace("T", " ")} UTC`;
  return `Expected cell ${cell} to be computed, got a failure at ${when}, ${code} (whoever signs in sees why)`;
}

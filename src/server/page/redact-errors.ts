import type { FastifyRequest } from "fastify";
import { type ErrorCode, HexError } from "../../errors.ts";
import type { EvaluatedCell, Evaluation } from "../../kernel/evaluation.ts";
import type { RunError } from "../../run/run-event.ts";
import { isAnyone } from "../caller.ts";
import { refuseForNow } from "../http-failure.ts";
import type { Log } from "../request-log.ts";
import { namesHidden, type PageNames } from "./page-names.ts";

/** What is told to anyone in full: it says what was asked for, or how the server is, and no data. */
const TOLD: readonly ErrorCode[] = [
  "HEX_INPUT_INVALID",
  "HEX_OUTPUT_UNKNOWN",
  "HEX_OUTPUT_GONE",
  "HEX_PRESS_UNKNOWN",
  "HEX_TOO_BUSY",
  "HEX_RUN_TIMEOUT",
  "HEX_STORE_UNAVAILABLE",
  "HEX_CANCELLED",
];

/** The project itself cannot be read: a cell was saved with a fault in it, or its config was. */
const UNREAD: readonly ErrorCode[] = [
  "HEX_CONFIG_INVALID",
  "HEX_SECRET_MISSING",
  "HEX_CELL_INVALID",
  "HEX_CELL_CYCLE",
];
const RETRY_SECONDS = 5;

type Asking = Pick<FastifyRequest, "caller" | "id">;

/** What there is to know around what is told. */
interface Around {
  readonly log: Log;
  /** cells that are not on the page: no sentence names them */
  readonly names: Pick<PageNames, "hidden">;
}

/**
 * What cells came to, as the one who asks may know it: why one of them failed may hold data, so that
 * those who have not signed in hear only that it did. The log tells why.
 *
 * @param text an Evaluation as JSON
 */
export function toToldAnswer(text: string, asking: Asking, around: Around): string {
  if (!mayNotKnow(asking) || !text.includes('"error":{')) return text;
  const answer = JSON.parse(text) as Evaluation;
  const cells = answer.cells.map((cell) => withoutReason(cell, asking, around));
  return JSON.stringify({ ...answer, cells } satisfies Evaluation);
}

/**
 * Why something cannot be had, as the one who asks may know it. Cells that cannot be read as they are
 * now are mended by whoever edits them: pages wait for that.
 */
export function toToldFailure(
  thrown: unknown,
  asking: Asking,
  { cell, log, names }: Around & { readonly cell: string },
): unknown {
  if (!(thrown instanceof HexError)) return thrown;
  if (UNREAD.includes(thrown.code)) {
    const { code, message } = thrown;
    log({ level: "warn", event: "project-unread", requestId: asking.id, code, message });
    return refuseForNow(503, UNREAD_REASON, RETRY_SECONDS);
  }
  if (!mayNotKnow(asking)) return thrown;
  if (TOLD.includes(thrown.code) && !namesHidden(thrown.message, names)) return thrown;
  tell(cell, thrown, asking, log);
  return new HexError(thrown.code, toSentence(cell, thrown.code, new Date().toISOString()));
}

const UNREAD_REASON =
  "Expected the cells of this page to be read, got files that cannot be read as they are now (the server's log tells why)";

function mayNotKnow({ caller }: Asking): boolean {
  return caller === null || isAnyone(caller);
}

function withoutReason(cell: EvaluatedCell, asking: Asking, { log, names }: Around): EvaluatedCell {
  const { name, error, startedAt = new Date().toISOString() } = cell;
  if (error === undefined) return cell;
  // That it was stopped is no data of the cell's.
  if (error.code === "HEX_RUN_TIMEOUT" && !namesHidden(error.message, names)) return cell;
  tell(name, error, asking, log);
  return { ...cell, error: { ...error, message: toSentence(name, error.code, startedAt) } };
}

function tell(cell: string, { code, message }: RunError, { id: requestId }: Asking, log: Log) {
  log({ level: "warn", event: "viewer-cell-failed", requestId, cell, code, message });
}

function toSentence(cell: string, code: ErrorCode, at: string): string {
  const when = `${at.slice(0, 16).replace("T", " ")} UTC`;
  return `Expected cell ${cell} to be computed, got a failure at ${when}, ${code} (whoever signs in sees why)`;
}

import type { FastifyRequest } from "fastify";
import { type ErrorCode, HexError } from "../../errors.ts";
import type { LightAnswer } from "../../run/light/light-ask.ts";
import type { CellResult, RunError } from "../../run/run-event.ts";
import { isAnyone } from "../caller.ts";
import type { Log } from "../request-log.ts";

/** What is told to anyone in full: it says what was asked for, or how the server is, and no data. */
const TOLD: readonly ErrorCode[] = [
  "HEX_INPUT_INVALID",
  "HEX_OUTPUT_UNKNOWN",
  "HEX_OUTPUT_GONE",
  "HEX_TOO_BUSY",
  "HEX_RUN_TIMEOUT",
  "HEX_STORE_UNAVAILABLE",
  "HEX_CANCELLED",
];

type Asking = Pick<FastifyRequest, "caller" | "id">;

/**
 * What cells came to, as the one who asks may know it: why one of them failed may hold data, so that
 * those who have not signed in hear only that it did. The log tells why.
 *
 * @param text a LightAnswer as JSON
 */
export function toToldAnswer(text: string, asking: Asking, log: Log): string {
  if (!mayNotKnow(asking) || !text.includes('"error":{')) return text;
  const answer = JSON.parse(text) as LightAnswer;
  const cells = answer.cells.map((cell) => withoutReason(cell, asking, log));
  return JSON.stringify({ ...answer, cells } satisfies LightAnswer);
}

/** Why rows of a cell cannot be had, as the one who asks may know it. */
export function toToldFailure(
  thrown: unknown,
  asking: Asking,
  { cell, log }: { readonly cell: string; readonly log: Log },
): unknown {
  if (!mayNotKnow(asking) || !(thrown instanceof HexError)) return thrown;
  if (TOLD.includes(thrown.code)) return thrown;
  tell(cell, thrown, asking, log);
  return new HexError(thrown.code, toSentence(cell, thrown.code, new Date().toISOString()));
}

function mayNotKnow({ caller }: Asking): boolean {
  return caller === null || isAnyone(caller);
}

function withoutReason(cell: CellResult, asking: Asking, log: Log): CellResult {
  const { name, error, startedAt = new Date().toISOString() } = cell;
  // That it was stopped is no data of the cell's.
  if (error === undefined || error.code === "HEX_RUN_TIMEOUT") return cell;
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

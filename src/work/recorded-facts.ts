import { HexError, toMessage } from "../errors.ts";
import type { CellRecord } from "../run/history/run-record.ts";
import type { CellResult, RunError } from "../run/run-event.ts";

/** What a record keeps of a cell. */
export function toCellRecord({
  name,
  status,
  startedAt,
  elapsedMs,
  keptSince,
  error,
}: CellResult): CellRecord {
  return {
    ...{ name, status },
    ...(startedAt === undefined ? {} : { startedAt }),
    elapsedMs,
    ...(keptSince === undefined ? {} : { keptSince }),
    ...(error === undefined ? {} : { error }),
  };
}

/** Why a run broke that ended without a result. */
export function toRunError(thrown: unknown): RunError {
  if (thrown instanceof HexError) return { code: thrown.code, message: thrown.message };
  const message = `Expected the run to end with a result, got ${toMessage(thrown)}`;
  return { code: "HEX_RUN_CRASHED", message };
}

import { HexError, toMessage } from "../errors.ts";
import type { CellRecord } from "../run/history/run-record.ts";
import type { CellResult, RunError, RunResult } from "../run/run-event.ts";
import type { Redact } from "./redact.ts";

/** Takes secrets out of all that cells may have put there. */
export function redactResult(result: RunResult, redact: Redact): RunResult {
  return {
    ...result,
    cells: result.cells.map(({ output, error, ...cell }) => ({
      ...cell,
      ...(output === undefined ? {} : { output: redact(output) }),
      ...(error === undefined ? {} : { error: redact(error) }),
    })),
    ...(result.error === undefined ? {} : { error: redact(result.error) }),
  };
}

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

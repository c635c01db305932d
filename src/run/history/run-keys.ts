import { type HistoryKeys, historyKeys } from "../../store/key.ts";
import { toAcceptedMs, toDay } from "./run-id.ts";

/**
 * The keys of what history keeps of a run.
 *
 * @throws {HexError} HEX_KEY_INVALID when the text is no run id
 */
export function keysOf(runId: string): HistoryKeys {
  return historyKeys(toDay(toAcceptedMs(runId)), runId);
}

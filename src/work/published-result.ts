import { HexError } from "../errors.ts";
import type { RunResult } from "../run/run-event.ts";
import type { Store } from "../store/store.ts";
import { findPublished } from "./run-end.ts";

/**
 * What a run that was told to have come to nothing has come to, if it has published after all: its
 * process may have died, or been killed, before it could say so. Undefined when it has not, and
 * where the store does not tell.
 */
export async function findCompleted(
  { store, isTold }: { readonly store: Store; readonly isTold: boolean },
  { error: _, ...result }: RunResult,
): Promise<RunResult | undefined> {
  // Who may not publish is not told of while it goes.
  if (!isTold || result.status === "completed") return undefined;
  const version = await findPublished(store, result.runId).catch(orUntold);
  if (version === undefined) return undefined;
  return { ...result, status: "completed", version, isPublisher: true };
}

function orUntold(thrown: unknown): undefined {
  if (!(thrown instanceof HexError)) throw thrown;
  return undefined;
}

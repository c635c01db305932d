import { HexError } from "../errors.ts";
import { openRunHistory } from "../run/history/run-history.ts";
import { keepShownFrames, type ShownFrames } from "../run/history/shown-frames.ts";
import type { Parent } from "../run/process/serve-task.ts";
import type { Store } from "../store/store.ts";

/**
 * Keeps what the cells of a run showed, where its history is. It can be lost without the run being
 * so: what it published stands.
 */
export async function keepResult(store: Store, shown: ShownFrames, parent: Parent): Promise<void> {
  const { result } = shown;
  const tell = (line: string) => parent.emit({ type: "line-logged", line });
  try {
    await openRunHistory(store).writeResult(result.runId, result);
    // Whoever cancels a run waits for its end.
    if (result.status === "cancelled") return;
    const { cells } = await keepShownFrames(store, shown, { signal: parent.signal });
    for (const [name, place] of Object.entries(cells)) {
      // What a version had no room for was told when that one was published.
      if (place.at !== "nowhere" || result.isPublisher) continue;
      const { neededBytes, mostBytes } = place;
      tell(
        `what cell ${name} shows is not kept: ${neededBytes} bytes, where ${mostBytes} have room`,
      );
    }
  } catch (error) {
    if (!(error instanceof HexError)) throw error;
    tell(`what cells showed is not kept: ${error.message}`);
  }
}

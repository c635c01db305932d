import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../errors.ts";
import type { Job } from "../queue/queue.ts";
import type { PartsRequest } from "../run/parts/join-parts.ts";
import { readOutcome } from "../run/parts/parts-exchange.ts";
import { toSha256 } from "../sha256.ts";
import type { ProjectRuns } from "./project-runs.ts";
import type { PartTask } from "./run-task.ts";

/** How often the queue is asked which parts have ended. */
const POLL_MS = 100;
const PART_PRIORITY = 5;

/** What a run process says of the parts it wants. */
type AskedParts = Omit<PartsRequest, "signal" | "onEnded"> & Pick<PartTask, "context">;

export interface QueuedPartsHooks {
  readonly signal: AbortSignal;
  /** told how many parts of a frame have ended */
  readonly onEnded: (frame: string, ended: number) => void;
}

/** Has the parts of a run computed by all workers of the project; see `RunParts`. */
export async function runPartsQueued(
  runs: ProjectRuns,
  payload: unknown,
  { signal, onEnded }: QueuedPartsHooks,
): Promise<void> {
  const { count, ...asked } = payload as AskedParts;
  const ids = Array.from({ length: count }, (_, index) => toPartId(asked, index));
  try {
    for (const [index, id] of ids.entries()) {
      const task = { ...asked, index };
      const spec = { id, lane: "part", payload: task, priority: PART_PRIORITY } as const;
      await runs.queue.submit(spec, { signal });
    }
    await waitForAll(runs, ids, { asked, signal, onEnded });
  } finally {
    // Does nothing to those that have ended.
    for (const id of ids) await runs.queue.cancel(id);
  }
}

interface Waiting extends QueuedPartsHooks {
  readonly asked: Omit<AskedParts, "count">;
}

async function waitForAll(
  { queue, store }: ProjectRuns,
  ids: readonly string[],
  { asked, signal, onEnded }: Waiting,
): Promise<void> {
  const waiting = new Map(ids.map((id, index) => [id, index]));
  while (waiting.size > 0) {
    for (const [id, index] of [...waiting]) {
      const job = await queue.find(id);
      if (job?.state === "queued" || job?.state === "claimed") continue;
      refuseBroken(job, index, asked);
      waiting.delete(id);
      onEnded(asked.frame, ids.length - waiting.size);
      const outcome = await readOutcome({ store, ...asked }, index, { signal });
      // The others would be computed for nothing; what this one says is in the store.
      if (outcome?.status === "failed") return;
    }
    if (waiting.size > 0) await wait(POLL_MS, undefined, { signal });
  }
}

function refuseBroken(
  job: Job | undefined,
  index: number,
  { cell }: Pick<AskedParts, "cell">,
): void {
  if (job?.state === "finished") return;
  const cause = job?.cause ?? `it was ${job?.state ?? "lost"}`;
  throw new HexError("HEX_RUN_CRASHED", `part ${index} of cell ${cell}: ${cause}`);
}

/** Names a part's job: the same for the same part of the same attempt. */
function toPartId({ runId, attempt, frame }: Omit<AskedParts, "count">, index: number): string {
  const digest = toSha256(frame).slice(0, 8);
  return `${runId}-${attempt}-${digest}-${index}`;
}

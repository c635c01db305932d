import { availableParallelism } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { RunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import type { ProjectPlace } from "../project/project.ts";
import type { Job } from "../queue/queue.ts";
import type { RunParts } from "../run/parts/join-parts.ts";
import { readOutcome } from "../run/parts/parts-exchange.ts";
import { toCrashError, toValue } from "../run/process/process-ending.ts";
import { toSha256 } from "../sha256.ts";
import type { RequestedParts } from "./process-calls.ts";
import { startProjectProcess } from "./project-process.ts";
import type { ProjectRuns } from "./project-runs.ts";
import type { PartTask } from "./run-task.ts";

/** Computes the parts of a run in processes on this machine, as many at once as it has cores. */
export function runPartsHere(place: ProjectPlace, context: RunContext): RunParts {
  return async ({ count, signal, onEnded, runId, attempt, cell, frame }) => {
    const { directory } = place;
    const part = { kind: "part", directory, context, runId, attempt, cell, frame } as const;
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const waiting = Array.from({ length: count }, (_, index) => index);
    let ended = 0;
    const runNext = async () => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        const outcome = await runPart(place, { ...part, index }, either);
        onEnded(++ended);
        // The others would be computed for nothing; the failure of this one is in the store.
        if (outcome === "failed") waiting.length = 0;
      }
    };
    const atOnce = place.config.runs.partsAtOnce ?? availableParallelism();
    const lines = Array.from({ length: Math.min(atOnce, count) }, runNext);
    await Promise.all(lines).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  };
}

async function runPart(
  place: ProjectPlace,
  task: PartTask,
  signal: AbortSignal,
): Promise<"computed" | "failed"> {
  const ending = await startProjectProcess(place, process.env).run(task, { signal });
  signal.throwIfAborted();
  if (ending.status === "crashed") {
    const { message } = toCrashError(ending.cause);
    throw new HexError("HEX_RUN_CRASHED", `part ${task.index} of cell ${task.cell}: ${message}`);
  }
  return toValue(ending) as "computed" | "failed";
}

/** How often the queue is asked which parts have ended. */
const POLL_MS = 100;

const PART_PRIORITY = 5;

/** Has all workers of the project compute the parts of a run; as `RunParts`. */
export async function runPartsQueued(runs: ProjectRuns, parts: RequestedParts): Promise<void> {
  const { count, signal, onEnded, ...part } = parts;
  const ids = Array.from({ length: count }, (_, index) => toPartId(part, index));
  try {
    for (const [index, id] of ids.entries()) {
      const payload = { ...part, index };
      await runs.queue.submit({ id, lane: "part", payload, priority: PART_PRIORITY }, { signal });
    }
    await waitForAll(runs, ids, parts);
  } finally {
    // Does nothing to those that have ended.
    for (const id of ids) await runs.queue.cancel(id);
  }
}

async function waitForAll(
  { queue, store }: ProjectRuns,
  ids: readonly string[],
  { signal, onEnded, ...part }: RequestedParts,
): Promise<void> {
  const waiting = new Map(ids.map((id, index) => [id, index]));
  while (waiting.size > 0) {
    for (const [id, index] of [...waiting]) {
      const job = await queue.find(id);
      if (job?.state === "queued" || job?.state === "claimed") continue;
      refuseBroken(job, index, part);
      waiting.delete(id);
      onEnded(ids.length - waiting.size);
      const outcome = await readOutcome({ store, ...part }, index, { signal });
      // The others would be computed for nothing; the failure of this one is in the store.
      if (outcome?.status === "failed") return;
    }
    if (waiting.size > 0) await wait(POLL_MS, undefined, { signal });
  }
}

function refuseBroken(
  job: Job | undefined,
  index: number,
  { cell }: Pick<RequestedParts, "cell">,
): void {
  if (job?.state === "finished") return;
  const cause = job?.cause ?? `it was ${job?.state ?? "lost"}`;
  throw new HexError("HEX_RUN_CRASHED", `part ${index} of cell ${cell}: ${cause}`);
}

type Part = Pick<RequestedParts, "runId" | "attempt" | "frame">;

/** The id of a part's job: the same for the same part of the same attempt. */
function toPartId({ runId, attempt, frame }: Part, index: number): string {
  return `${runId}-${attempt}-${toSha256(frame).slice(0, 8)}-${index}`;
}

import { availableParallelism } from "node:os";
import type { RunContext } from "../cell/run-context.ts";
import { HexError } from "../errors.ts";
import type { ProjectPlace } from "../project/project.ts";
import type { PartsRequest, RunParts } from "../run/parts/join-parts.ts";
import { toCrashError, toValue } from "../run/process/process-ending.ts";
import type { PartTask } from "./run-task.ts";

/** Computes the parts of a run in processes on this machine, as many at once as it has cores. */
export function runPartsHere(place: ProjectPlace, context: RunContext): RunParts {
  return async (order) => {
    const failed = new AbortController();
    const signal = AbortSignal.any([order.signal, failed.signal]);
    const waiting = Array.from({ length: order.count }, (_, index) => index);
    let ended = 0;
    const goOn = async () => {
      for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
        const outcome = await runPart(place, { ...toTask(order, place, context), index }, signal);
        order.onEnded(++ended);
        // The others would be computed for nothing; what this one says is in the store.
        if (outcome === "failed") waiting.length = 0;
      }
    };
    const atOnce = place.config.runs.partsAtOnce ?? availableParallelism();
    const lines = Array.from({ length: Math.min(atOnce, order.count) }, goOn);
    await Promise.all(lines).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  };
}

function toTask(
  { runId, attempt, cell, frame }: PartsRequest,
  { directory }: ProjectPlace,
  context: RunContext,
) {
  return { kind: "part", directory, context, runId, attempt, cell, frame } as const;
}

async function runPart(
  place: ProjectPlace,
  task: PartTask,
  signal: AbortSignal,
): Promise<"computed" | "failed"> {
  const { startProjectProcess } = await import("./project-process.ts");
  const child = startProjectProcess(place, process.env);
  const ending = await child.run(task, { signal });
  signal.throwIfAborted();
  if (ending.status === "crashed") {
    const { message } = toCrashError(ending.cause);
    throw new HexError("HEX_RUN_CRASHED", `part ${task.index} of cell ${task.cell}: ${message}`);
  }
  return toValue(ending) as "computed" | "failed";
}

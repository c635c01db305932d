import { setTimeout as wait } from "node:timers/promises";
import { HexError } from "../../../src/errors.ts";
import { newRunId } from "../../../src/run/history/run-id.ts";
import { openProjectRuns } from "../../../src/work/project-runs.ts";
import type { RunRequest } from "../../../src/work/run-task.ts";
import { submitRun } from "../../../src/work/submit-run.ts";

/** Submits runs, one after the other, and tells each as a line of its id and what it is to do. */
const [directory = "", runtimeUrl = "", from = "", to = ""] = process.argv.slice(2);
const KINDS = ["publish", "throw", "read"] as const;
const runs = await openProjectRuns(directory, { runtimeUrl });
for (let index = Number(from); index < Number(to); index++) {
  const kind = KINDS[index % KINDS.length] ?? "read";
  const runId = newRunId();
  // A queue that is away is no reason to give up: the same run is submitted again.
  while (!(await submitOnce(runId, toRequest(kind, index)))) await wait(50);
  process.stdout.write(`${runId} ${kind}\n`);
}
await runs.close();

async function submitOnce(runId: string, request: RunRequest): Promise<boolean> {
  try {
    await submitRun(runs, request, { runId, requestedBy: "chaos" });
    return true;
  } catch (thrown) {
    if (!(thrown instanceof HexError && thrown.code === "HEX_QUEUE_UNAVAILABLE")) throw thrown;
    return false;
  }
}

function toRequest(kind: (typeof KINDS)[number], index: number): RunRequest {
  const act = { value: `${kind}:${index}`, form: "json", place: "act" } as const;
  const inputs = new Map([["act", act]]);
  return { context: kind === "read" ? "app" : "logic", trigger: "api", inputs };
}

import * as v from "valibot";
import { RUN_CONTEXTS } from "../cell/run-context.ts";
import { type ProcessEnding, toFailure } from "../run/process/process-ending.ts";
import { ClaimKeeper, type StopOrder } from "./claim-keeper.ts";
import type { ClaimedWork } from "./claimed-run.ts";
import { type JobOutcome, toJobOutcome } from "./job-outcome.ts";
import type { ProjectRuns } from "./project-runs.ts";
import type { PartTask } from "./run-task.ts";

/** What the job of a part holds; whatever else stands there was not put there by us. */
const partPayload = v.strictObject({
  context: v.picklist(RUN_CONTEXTS),
  runId: v.pipe(v.string(), v.uuid()),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1)),
  cell: v.string(),
  frame: v.string(),
  index: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

/** Carries out a claimed part of a run: in a process of its own, its frame left where the run finds it. */
export async function carryOutPart(work: ClaimedWork): Promise<JobOutcome> {
  const { runs, claim, drained, takeProcess } = work;
  const payload = v.safeParse(partPayload, claim.job.payload);
  if (!payload.success || !(await isWanted(runs, payload.output))) {
    await claim.finish();
    return "surplus";
  }
  const keeper = new ClaimKeeper(claim, drained, runs.leaseMs);
  const task: PartTask = { kind: "part", directory: runs.directory, ...payload.output };
  try {
    const { deadlineMs } = runs.config.runs;
    const ending = await takeProcess().run(task, { signal: keeper.signal, deadlineMs });
    return await tellEnd(work, ending, keeper.order);
  } finally {
    keeper.close();
  }
}

/** A run that has ended, or is tried anew, has no use for the parts of an earlier attempt. */
async function isWanted(
  { history }: ProjectRuns,
  { runId, attempt }: v.InferOutput<typeof partPayload>,
): Promise<boolean> {
  const record = await history.read(runId);
  return record?.state === "running" && record.attempts.length === attempt;
}

async function tellEnd(
  { runs, claim }: ClaimedWork,
  ending: ProcessEnding,
  order: StopOrder | undefined,
): Promise<JobOutcome> {
  if (order === "lost") return "lost";
  if (ending.status === "done") {
    await claim.finish();
    return ending.value === "failed" ? "failed" : "completed";
  }
  if (order === "cancelled") {
    await claim.finish();
    return "cancelled";
  }
  if (order === "drained") return toJobOutcome(await claim.handBack(), "handed-back");
  return toJobOutcome(await claim.fail(runs.redact(toFailure(ending).message, "text")), "retried");
}

import type { ChainableCommander } from "ioredis";
import type { Job } from "../job.ts";
import { fromBullId, toBullId } from "./redis-job.ts";
import type { HeldJob, LaneRules } from "./redis-lane.ts";

/** Beside what BullMQ keeps of a job: the number of the claim that was given to a worker last. */
const GIVEN = "hex:given";

/**
 * Notes that a job is its worker's from now on, unless somebody has asked to cancel it: both at one
 * instant, as in `flagJob`, so that the one that comes second sees the other.
 * @returns whether it is
 */
export async function giveJob(
  { client, backend, flagKey }: LaneRules,
  { bullId, number }: HeldJob,
  worker: string,
): Promise<boolean> {
  // BullMQ is not told of the worker before: whoever only ends a job must not pass for it.
  const [isFlagged] = await inOneGo(
    client
      .multi()
      .exists(flagKey(fromBullId(bullId)))
      .hset(backend.toKey(bullId), { pb: worker, [GIVEN]: number }),
  );
  return isFlagged === 0;
}

/**
 * Notes that somebody asks to cancel a job: no worker is given it from now on.
 * @returns the number of the claim that was given out last before
 */
export async function flagJob(
  { client, backend, flagKey }: LaneRules,
  job: Job,
  seconds: number,
): Promise<number | undefined> {
  const [, given] = await inOneGo(
    client
      .multi()
      .set(flagKey(job.id), JSON.stringify(job), "EX", seconds)
      .hget(backend.toKey(toBullId(job.id)), GIVEN),
  );
  return typeof given === "string" ? Number(given) : undefined;
}

async function inOneGo(commands: ChainableCommander): Promise<readonly unknown[]> {
  return ((await commands.exec()) ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}

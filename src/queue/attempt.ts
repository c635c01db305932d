import { type Attempts, type Job, LANES, type Lane, toBackoffMs } from "./job.ts";
import type { Claim, ClaimState, EndAnswer, LaneCount, LaneCounts } from "./queue.ts";
import { type JobRecord, toJob, toProgressText } from "./stored-job.ts";

/** A job that was taken; its number tells the claim from all others of the job. */
export interface TakenJob {
  readonly job: Job;
  readonly number: number;
}

/** The job in the record of a claim. */
export function toTaken(record: JobRecord): TakenJob {
  return { job: toJob(record), number: Number(record["claims"]) };
}

export interface TakeOptions {
  readonly lane: Lane;
  readonly worker: string;
  readonly atMost: number | undefined;
}

/** How an attempt ends, unless its job was cancelled meanwhile. */
export interface Ending {
  readonly next: "finished" | "queued" | "dead";
  readonly cause?: string;
  readonly pauseMs?: number;
  /** how many attempts of those counted were none */
  readonly uncounted?: number;
}

/** What a queue does with a job that was taken. */
export interface ClaimMoves {
  renew(): ClaimState | Promise<ClaimState>;
  progress(text: string): unknown;
  end(ending: Ending): Promise<EndAnswer>;
}

/** How long a cause is kept at most, in characters: it is a sentence, not a log. */
const CAUSE_LENGTH = 2_000;

export function toClaim(taken: TakenJob, attempts: Attempts, moves: ClaimMoves): Claim {
  const { job } = taken;
  return {
    ...taken,
    renew: async () => moves.renew(),
    progress: async (progress) => {
      await moves.progress(toProgressText(progress, job.id));
    },
    finish: () => moves.end({ next: "finished" }),
    fail: (cause) =>
      moves.end({
        next: job.attempts >= attempts.most ? "dead" : "queued",
        pauseMs: toBackoffMs(job.attempts, attempts),
        cause: cause.length <= CAUSE_LENGTH ? cause : `${cause.slice(0, CAUSE_LENGTH)}…`,
      }),
    handBack: () => moves.end({ next: "queued", uncounted: 1 }),
  };
}

/** Why an attempt counts as failed that was never ended by its worker. */
export function lostLeaseCause(worker: string): string {
  return `The lease of ${worker} ran out: it ended, hung or lost its connection`;
}

/** Why an attempt counts as failed whose process is no more. */
export function goneCause(worker: string): string {
  return `The process ${worker} is gone: it crashed or was killed`;
}

export function toLaneCounts(toCount: (lane: Lane) => LaneCount): LaneCounts {
  return Object.fromEntries(LANES.map((lane) => [lane, toCount(lane)])) as LaneCounts;
}

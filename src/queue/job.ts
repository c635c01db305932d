/**
 * What waits in a queue, and what becomes of it:
 *
 * - queued → claimed: a worker takes it under a lease; each claim is a new attempt
 * - claimed → queued: the attempt failed, or its lease ran out, and attempts are left; or the worker
 *   handed it back, which costs no attempt
 * - claimed → finished: the attempt came to an end, whether the run went well or not
 * - claimed → dead: the last attempt failed, or its lease ran out
 * - queued, claimed → cancelled: somebody asked for it; a claimed job once its worker has stopped
 *
 * finished, dead and cancelled are final: no move leads out of them.
 */
export type JobState = "queued" | "claimed" | "finished" | "dead" | "cancelled";

/** Jobs of different lanes never wait for each other: a run that waits for its parts blocks none. */
export const LANES = ["run", "part"] as const;

export type Lane = (typeof LANES)[number];

/** A job as it is submitted: ids and inputs, never frames or secrets. */
export interface JobSpec {
  /** names the job for ever; 1 to 64 letters, digits, `_` or `-` */
  readonly id: string;
  readonly lane: Lane;
  /** plain JSON, at most 256 KiB; whoever claims the job checks it */
  readonly payload: unknown;
  /**
   * 1 is taken first, 10 last; among equals, the first one submitted. A job that was taken before and
   * waits again may come before or after its equals.
   */
  readonly priority: number;
}

/** A job as a queue knows it. */
export interface Job extends JobSpec {
  readonly state: JobState;
  /** how often it was claimed and not handed back; 0 when it never was */
  readonly attempts: number;
  /** who holds or held it; undefined when it never was claimed */
  readonly worker: string | undefined;
  /** whether somebody asked to cancel it */
  readonly isCancelRequested: boolean;
  /** what the attempt that goes told last; plain JSON */
  readonly progress: unknown;
  /** why the last attempt that failed did */
  readonly cause: string | undefined;
}

/** How failed attempts are repeated. */
export interface Attempts {
  /** after so many a job is dead */
  readonly most: number;
  /** milliseconds before the second attempt; each later pause is twice as long */
  readonly backoffMs: number;
}

export const ATTEMPTS: Attempts = { most: 3, backoffMs: 1_000 };

/** How long a job must wait before its next attempt. @param attempts how many have failed, from 1 */
export function toBackoffMs(attempts: number, { backoffMs }: Attempts): number {
  return backoffMs * 2 ** (attempts - 1);
}

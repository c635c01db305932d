/**
 * States of a job, and its moves:
 *
 * - queued → claimed: a worker takes it under a lease; each claim is a new attempt
 * - claimed → queued: the attempt failed, or its lease ran out, and attempts are left; or the worker
 *   handed it back, which costs no attempt
 * - claimed → finished: the attempt came to an end, whether the run went well or not
 * - claimed → dead: the last attempt failed, or its lease ran out
 * - queued, claimed → cancelled: on request; a claimed job once its worker has stopped
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
  /** plain JSON, at most 256 KiB; checked by the worker that claims the job */
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
  /** the worker that holds or held it; undefined when it never was claimed */
  readonly worker: string | undefined;
  /** whether its cancellation was requested */
  readonly isCancelRequested: boolean;
  /** how far the attempt under way is; plain JSON */
  readonly progress: unknown;
  /** why the last failed attempt did not succeed */
  readonly cause: string | undefined;
}

/** How failed attempts are repeated. */
export interface Attempts {
  /** number of attempts after which a job is dead */
  readonly most: number;
  /** milliseconds before the second attempt; each later pause is twice as long */
  readonly backoffMs: number;
}

export const ATTEMPTS: Attempts = { most: 3, backoffMs: 1_000 };

/** How long a job must wait before its next attempt. @param attempts how many have failed, from 1 */
export function toBackoffMs(attempts: number, { backoffMs }: Attempts): number {
  return backoffMs * 2 ** (attempts - 1);
}

/** How long a claim is good for without being renewed, as it is every second. */
export const LEASE_MS = 12_000;

export interface QueueOptions {
  /** how failed attempts are repeated */
  readonly attempts?: Attempts | undefined;
  /** how long a claim is good for; milliseconds */
  readonly leaseMs?: number | undefined;
}

export interface WaitOptions {
  /** ends the wait: the call then throws the signal's reason */
  readonly signal?: AbortSignal | undefined;
}

export interface ClaimOptions extends WaitOptions {
  readonly lane: Lane;
  /** the caller, as `user@host:pid` */
  readonly worker: string;
  /** maximum number of claimed jobs of the lane, by all workers together; none: no limit */
  readonly atMost?: number | undefined;
}

/** Answer to a cancellation: the job never runs, its worker is asked to stop, it had ended, there is none. */
export type CancelAnswer = "cancelled" | "requested" | "ended" | "unknown";

/**
 * Whether a claim still holds: `cancelled` asks its worker to stop, `lost` says that the job is no
 * longer its own and that nothing it does counts any more.
 */
export type ClaimState = "held" | "cancelled" | "lost";

/** State of a job after the end of an attempt; `lost` means that another attempt counts, not this one. */
export type EndAnswer = "finished" | "queued" | "dead" | "cancelled" | "lost";

/**
 * Jobs that wait for workers, on one machine or many.
 *
 * Every method may be called by any number of processes at once.
 *
 * @throws {HexError} HEX_QUEUE_UNAVAILABLE (every method) when the file or the server stands in the
 * way. After a failed `submit` it is unknown whether the job is there; submitting it again answers that.
 */
export interface Queue {
  /** Where it is, ready to print; it holds no secret. */
  readonly location: string;

  /**
   * Adds a job; once it returns, a crash of any process does not lose it. A job whose id is there
   * already, in whatever state, stays as it is, and `known` is returned.
   *
   * @throws {HexError} HEX_JOB_INVALID for an id, priority or payload that breaks the rules of `JobSpec`
   */
  submit(spec: JobSpec, options?: WaitOptions): Promise<"submitted" | "known">;

  /**
   * Waits for a job of a lane and takes it. Of several callers exactly one gets it. A job whose
   * lease has run out, or whose worker is proven to be gone, counts as failed; it is given again at
   * once, to anyone, or is dead after the last attempt. A server that goes away meanwhile is waited for.
   */
  claim(options: ClaimOptions): Promise<Claim>;

  /** The job of this id, or `undefined`. Those that ended are kept for an hour at least. */
  find(id: string): Promise<Job | undefined>;

  /**
   * Takes back a job that waits, or asks the worker that holds it to stop. Asked twice, nothing more
   * happens: a job that was taken back has `ended`, a worker's is `requested` until it has ended.
   */
  cancel(id: string): Promise<CancelAnswer>;

  /** How many jobs of each lane wait and are claimed. */
  count(): Promise<LaneCounts>;

  /** Faults in how it is set up, a sentence for operators each; empty when all is well. */
  check(): Promise<readonly string[]>;

  /**
   * Lets go of files and connections; claims that wait, and all later calls, throw
   * HEX_QUEUE_UNAVAILABLE. A second close does nothing.
   */
  close(): Promise<void>;
}

export interface LaneCount {
  readonly queued: number;
  readonly claimed: number;
}

export type LaneCounts = Readonly<Record<Lane, LaneCount>>;

export function toLaneCounts(toCount: (lane: Lane) => LaneCount): LaneCounts {
  return Object.fromEntries(LANES.map((lane) => [lane, toCount(lane)])) as LaneCounts;
}

/** One attempt at a job, held under a lease. Calls after its end answer `lost`. */
export interface Claim {
  /** the job as it was when it was taken; its `attempts` counts this one */
  readonly job: Job;

  /**
   * Grows with every claim of the job, not always by one, and is never given twice: unlike
   * `attempts`, which stays after a claim was handed back, it names what this claim alone writes.
   */
  readonly number: number;

  /**
   * Aborted soon after somebody asks to stop, unless that cannot be heard: what counts is what `renew`
   * says, now or a little later.
   */
  readonly asked: AbortSignal;

  /** Renews the lease, to be called several times within it; says whether to go on. */
  renew(): Promise<ClaimState>;

  /**
   * Reports how far the attempt is, as plain JSON of at most 64 KiB; the last call counts. Does
   * nothing when the claim is lost, as `renew` says.
   *
   * @throws {HexError} HEX_JOB_INVALID for what is no such JSON
   */
  progress(progress: unknown): Promise<void>;

  /** Ends the job: the attempt has come to its end. A job that was cancelled meanwhile is cancelled. */
  finish(): Promise<EndAnswer>;

  /**
   * Ends the attempt without a result. The job waits for another one, or is dead after the last.
   *
   * @param cause a sentence for people
   */
  fail(cause: string): Promise<EndAnswer>;

  /** Gives the job back, unharmed, for another worker to take at once: the attempt does not count. */
  handBack(): Promise<EndAnswer>;
}

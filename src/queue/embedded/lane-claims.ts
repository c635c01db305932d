import {
  type Ending,
  goneCause,
  lostLeaseCause,
  type TakenJob,
  type TakeOptions,
  toTaken,
} from "../claim.ts";
import {
  type Attempts,
  type ClaimState,
  type EndAnswer,
  type Lane,
  toBackoffMs,
} from "../queue.ts";
import { ALTERED_CAUSE, isSound, type JobRecord } from "../stored-job.ts";
import type { Sqlite } from "./sqlite.ts";

/** The moves of jobs from claim to claim, each of them one statement. */
export interface ClaimRules {
  readonly database: Sqlite;
  readonly clock: LeaseClock;
  readonly leaseMs: number;
  readonly attempts: Attempts;
  /** this process, as others can prove it gone */
  readonly process: string;
  /** whether a process is certain to be no more */
  readonly isGone: (process: string) => boolean;
}

const HELD = "id = :id AND claims = :number AND state = 'claimed'";

/** A pause that ends further away than any does was begun before the clock was set back. */
const IS_DUE = "(available_at <= :now OR available_at > :farthest)";

const HAS_ROOM =
  "(:atMost IS NULL OR (SELECT count(*) FROM jobs WHERE lane = :lane AND state = 'claimed') < :atMost)";

/** Cheap enough to be asked ten times a second: it only reads. */
const LOOK = `SELECT
  EXISTS (SELECT 1 FROM jobs WHERE lane = :lane AND state = 'queued' AND ${IS_DUE})
    AND ${HAS_ROOM} AS waits,
  EXISTS (SELECT 1 FROM jobs WHERE lane = :lane AND state = 'claimed'
    AND (lease_until <= :now OR lease_until > :leaseEnd)) AS stale`;

const TAKE = `UPDATE jobs SET state = 'claimed', attempts = attempts + 1, claims = claims + 1,
    worker = :worker, lease_until = :leaseEnd, progress = NULL,
    process = (claims + 1) || ':' || :process
  WHERE ${HAS_ROOM} AND sequence = (
    SELECT sequence FROM jobs WHERE lane = :lane AND state = 'queued' AND ${IS_DUE}
    ORDER BY priority, sequence LIMIT 1)
  RETURNING *`;

const CUT_LEASES = `UPDATE jobs SET lease_until = :leaseEnd
  WHERE lane = :lane AND state = 'claimed' AND lease_until > :leaseEnd`;

/** Older builds leave `process` as they find it: it counts only beside the number of its claim. */
const CLAIMED = `SELECT * FROM jobs
  WHERE lane = :lane AND state = 'claimed' AND process LIKE claims || ':%'`;

const LOST = "SELECT * FROM jobs WHERE lane = :lane AND state = 'claimed' AND lease_until <= :now";

const RENEW = `UPDATE jobs SET lease_until = :leaseEnd WHERE ${HELD} RETURNING cancel_requested`;

/** A cancellation comes before the result of the attempt. */
const END = `UPDATE jobs SET
    state = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE :next END,
    ended_at = CASE WHEN cancel_requested = 1 OR :next <> 'queued' THEN :now END,
    attempts = attempts - :uncounted, available_at = :availableAt, cause = coalesce(:cause, cause)
  WHERE ${HELD} AND lease_until <= :endedBy
  RETURNING state`;

/** Takes the job of a lane whose turn it is, having seen to leases that ran out. */
export function takeJob(rules: ClaimRules, options: TakeOptions): TakenJob | undefined {
  const { database, clock } = rules;
  const { lane, worker, atMost = null } = options;
  const due = { lane, atMost, now: clock.now(), farthest: clock.now() + longestPauseMs(rules) };
  const leaseEnd = clock.now() + rules.leaseMs;
  const isTrusted = clock.isTrusted();
  endClaimsOfGone(rules, lane);
  const [seen] = database.rows(LOOK, { ...due, leaseEnd });
  if (seen?.["stale"] === 1) endLostLeases(rules, lane, isTrusted);
  else if (seen?.["waits"] !== 1) return undefined;
  const [row] = database.rows(TAKE, { ...due, leaseEnd, worker, process: rules.process });
  if (row === undefined) return undefined;
  const taken = toTaken(row);
  if (isSound(row)) return taken;
  endAttempt(rules, taken, { next: "dead", cause: ALTERED_CAUSE });
  return takeJob(rules, options);
}

/** Renews the lease of a claim. */
export function renewLease(
  { database, clock, leaseMs }: ClaimRules,
  { job, number }: TakenJob,
): ClaimState {
  const leaseEnd = clock.now() + leaseMs;
  const [row] = database.rows(RENEW, { id: job.id, number, leaseEnd });
  if (row === undefined) return "lost";
  return row["cancel_requested"] === 1 ? "cancelled" : "held";
}

/** Whether a claim is no longer held, or its job is to be cancelled; it only reads. */
export function isToStop({ database }: ClaimRules, { job, number }: TakenJob): boolean {
  const [row] = database.rows(`SELECT cancel_requested FROM jobs WHERE ${HELD}`, {
    id: job.id,
    number,
  });
  return row?.["cancel_requested"] !== 0;
}

/** Keeps the progress of an attempt, if it still counts. */
export function keepProgress({ database }: ClaimRules, { job, number }: TakenJob, text: string) {
  database.rows(`UPDATE jobs SET progress = :text WHERE ${HELD}`, { id: job.id, number, text });
}

/** Ends an attempt. @param endedBy only when its lease has ended by then */
export function endAttempt(
  { database, clock }: ClaimRules,
  { job, number }: TakenJob,
  { next, cause, pauseMs = 0, uncounted = 0 }: Ending,
  endedBy = Number.MAX_SAFE_INTEGER,
): EndAnswer {
  const now = clock.now();
  const values = {
    next,
    uncounted,
    now,
    availableAt: now + pauseMs,
    cause: cause ?? null,
    endedBy,
  };
  const [row] = database.rows(END, { id: job.id, number, ...values });
  return row === undefined ? "lost" : (row["state"] as EndAnswer);
}

/** Attempts whose lease ran out have failed; leases that no process can have given are cut down. */
function endLostLeases(rules: ClaimRules, lane: Lane, isTrusted: boolean): void {
  const now = rules.clock.now();
  rules.database.rows(CUT_LEASES, { lane, leaseEnd: now + rules.leaseMs });
  if (!isTrusted) return;
  // Each may have been renewed after all.
  for (const row of rules.database.rows(LOST, { lane, now }))
    endLost(rules, row, lostLeaseCause, now);
}

/** The lease of a process that is proven to be no more is not waited for. */
function endClaimsOfGone(rules: ClaimRules, lane: Lane): void {
  for (const row of rules.database.rows(CLAIMED, { lane })) {
    const [, process = ""] = /^\d+:(.*)$/s.exec(String(row["process"])) ?? [];
    if (rules.isGone(process)) endLost(rules, row, goneCause);
  }
}

function endLost(
  rules: ClaimRules,
  record: JobRecord,
  toCause: (worker: string) => string,
  endedBy?: number,
): void {
  const taken = toTaken(record);
  const next = taken.job.attempts >= rules.attempts.most ? "dead" : "queued";
  endAttempt(rules, taken, { next, cause: toCause(String(taken.job.worker)) }, endedBy);
}

function longestPauseMs({ attempts }: ClaimRules): number {
  return toBackoffMs(attempts.most, attempts);
}

export interface Clocks {
  /** the machine's clock, which all its processes share; milliseconds */
  readonly now: () => number;
  /** a clock that nobody sets, of this process alone; milliseconds */
  readonly monotonic: () => number;
}

/** A difference between the two clocks that is no drift but a jump. */
const JUMP_MS = 2_000;

/**
 * The clock by which leases run out. They are kept in the machine's time, the only one that its
 * processes share and that goes on over a restart. That clock may be set, and stands still for
 * nobody while a laptop sleeps:
 *
 * - forward: leases would all seem to have run out. A process that notices, against a clock that
 *   nobody sets, takes no lease for lost until each worker had the time to renew its own.
 * - backward: leases would seem to run for hours. One that runs longer than any lease can is cut
 *   down to a whole one from now on.
 *
 * A process that starts right after a jump notices nothing, and may give a job again whose worker
 * still lives: that worker then learns that its claim is `lost`, and nothing it does counts.
 */
export class LeaseClock {
  readonly #clocks: Clocks;
  readonly #leaseMs: number;
  #difference: number;
  #trustedFrom = Number.NEGATIVE_INFINITY;

  constructor(leaseMs: number, clocks: Clocks) {
    this.#clocks = clocks;
    this.#leaseMs = leaseMs;
    this.#difference = clocks.now() - clocks.monotonic();
  }

  now(): number {
    return Math.round(this.#clocks.now());
  }

  /** Whether a lease that has run out by the machine's clock may be taken for lost. */
  isTrusted(): boolean {
    const monotonic = this.#clocks.monotonic();
    const difference = this.#clocks.now() - monotonic;
    const hasJumped = Math.abs(difference - this.#difference) > JUMP_MS;
    if (hasJumped) this.#trustedFrom = monotonic + this.#leaseMs;
    this.#difference = difference;
    return monotonic >= this.#trustedFrom;
  }
}

import { randomUUID } from "node:crypto";
import { HexError } from "../../errors.ts";
import { ClaimWait } from "../claim-wait.ts";
import { ATTEMPTS, type Attempts, type Job, type JobSpec, LANES, type Lane } from "../job.ts";
import { toPayloadText, toProgressText } from "../job-rules.ts";
import { eachLane, parseKept } from "../kept-job.ts";
import {
  type CancelAnswer,
  type Claim,
  type ClaimOptions,
  type EndAnswer,
  type LaneCount,
  LEASE_MS,
  type Queue,
  type QueueOptions,
  type WaitOptions,
} from "../queue.ts";
import { checkServer } from "./redis-check.ts";
import {
  type AttemptEnd,
  endAttempt,
  keepProgress,
  renewLease,
  type TakenJob,
  takeJob,
} from "./redis-claims.ts";
import { RedisConnection, type RedisPlace, type RedisServer } from "./redis-connection.ts";
import { mayPass } from "./redis-failure.ts";
import { flagJob } from "./redis-flag.ts";
import { parseData, readJob, toBullId, toDataText, toJob, toNewJob } from "./redis-job.ts";
import type { LaneRules } from "./redis-lane.ts";
import { RedisWake } from "./redis-wake.ts";

/** How often a claim that waits looks by itself, for it is told of most changes. */
const POLL_MS = 250;

/** A cancelled job that still has to be met by a worker is remembered for long, another for an hour. */
const FLAG_SECONDS = 30 * 24 * 60 * 60;
const TOMBSTONE_SECONDS = 60 * 60;

/**
 * Opens a queue on a Redis server, for any number of machines. The server is not asked before the
 * first call, so it may still be away.
 */
export async function openRedisQueue(
  place: RedisPlace,
  { attempts = ATTEMPTS, leaseMs = LEASE_MS }: QueueOptions = {},
): Promise<Queue> {
  return new RedisQueue(place, attempts, leaseMs);
}

class RedisQueue implements Queue {
  readonly location: string;
  readonly #connection: RedisConnection;
  readonly #wake: RedisWake;
  readonly #attempts: Attempts;
  readonly #leaseMs: number;
  readonly #wait: ClaimWait;
  readonly #looks = new Set<Promise<unknown>>();
  readonly #sweptAt = new Map<Lane, number>();

  constructor(place: RedisPlace, attempts: Attempts, leaseMs: number) {
    this.location = place.url;
    this.#connection = new RedisConnection(place, leaseMs);
    this.#wake = new RedisWake(this.#connection.client, this.#connection.prefix);
    this.#attempts = attempts;
    this.#leaseMs = leaseMs;
    this.#wait = new ClaimWait(place.url, POLL_MS);
  }

  async submit(spec: JobSpec, { signal }: WaitOptions = {}): Promise<"submitted" | "known"> {
    signal?.throwIfAborted();
    const { id, lane } = spec;
    const submission = randomUUID();
    const data = toDataText(toPayloadText(spec), submission);
    return this.#ask(async (server) => {
      if (await isElsewhere(server, this.#flagKey(id), spec)) return "known";
      const backend = server.lanes[lane];
      await backend.addJob(toNewJob(id, data, spec), toBullId(id));
      // Only what is kept tells who came first: adding a job that is there changes nothing.
      const kept = await backend.getJobData(toBullId(id));
      if (kept === undefined || parseData(kept.data)?.submission !== submission) return "known";
      if ((await server.client.exists(this.#flagKey(id))) === 1) {
        // It was cancelled, and thereby taken away, while it was added once more.
        await backend.remove(toBullId(id), false);
        return "known";
      }
      await this.#wake.call();
      return "submitted";
    });
  }

  async claim({ signal, ...options }: ClaimOptions): Promise<Claim> {
    this.#wait.throwIfClosed();
    this.#wake.listen(() => this.#wait.wake());
    const isOver = () => signal?.aborted === true || this.#wait.isClosed;
    const look = async () => {
      const looking = this.#look(options, isOver);
      this.#looks.add(looking);
      try {
        return await looking;
      } finally {
        this.#looks.delete(looking);
      }
    };
    return this.#toClaim(await this.#wait.untilFound(look, signal));
  }

  async find(id: string): Promise<Job | undefined> {
    return this.#ask((server) => this.#find(server, id));
  }

  async cancel(id: string): Promise<CancelAnswer> {
    const answer = await this.#ask(async (server) => {
      const job = await this.#find(server, id);
      if (job === undefined) return "unknown";
      if (job.state !== "queued" && job.state !== "claimed") return "ended";
      return this.#cancel(server, job);
    });
    return answer;
  }

  async count(): Promise<Readonly<Record<Lane, LaneCount>>> {
    return this.#ask(({ lanes }) =>
      eachLane(async (lane) => {
        const counts = await lanes[lane].getCounts(["waiting", "prioritized", "delayed", "active"]);
        const [waiting = 0, prioritized = 0, delayed = 0, claimed = 0] = counts;
        return { queued: waiting + prioritized + delayed, claimed };
      }),
    );
  }

  async check(): Promise<readonly string[]> {
    return this.#ask(({ client }) => checkServer(client, this.location));
  }

  async close(): Promise<void> {
    this.#wait.close();
    this.#wake.close();
    // What a look takes at the last moment, it gives back.
    if (this.#connection.client.status === "ready") await Promise.allSettled(this.#looks);
    this.#connection.close();
  }

  async #look(
    options: Omit<ClaimOptions, "signal">,
    isOver: () => boolean,
  ): Promise<TakenJob | undefined> {
    try {
      return await this.#connection.ask(async (server) => {
        const rules = this.#toRules(server, options.lane);
        await this.#sweep(rules, options.lane);
        const taken = await takeJob(rules, { ...options, atMost: options.atMost });
        if (taken === undefined || !(isOver() || server.isLate())) return taken;
        await endAttempt(rules, taken, { kind: "handed-back" });
        return undefined;
      });
    } catch (error) {
      // A server that went away is waited for.
      if (mayPass(error)) return undefined;
      throw error;
    }
  }

  /** Lets BullMQ find the leases that ran out; all processes together do it a few times in a lease. */
  async #sweep({ backend }: LaneRules, lane: Lane): Promise<void> {
    const now = performance.now();
    const before = this.#sweptAt.get(lane) ?? Number.NEGATIVE_INFINITY;
    if (now - before < this.#leaseMs / 6) return;
    this.#sweptAt.set(lane, now);
    await backend.moveStalledJobsToWait();
  }

  async #find(server: RedisServer, id: string): Promise<Job | undefined> {
    const flag = await server.client.get(this.#flagKey(id));
    const flagged = flag === null ? undefined : (parseKept(flag)?.value as Job | undefined);
    // Who cancelled it was told so: that holds, whatever its taker has still to tidy up.
    if (flagged?.state === "cancelled") return flagged;
    for (const lane of LANES) {
      const kept = await readJob(server.lanes[lane], id);
      if (kept !== undefined) return toJob(id, lane, kept, flag !== null);
    }
    return flagged && { ...flagged, state: "cancelled" };
  }

  async #cancel(server: RedisServer, job: Job): Promise<CancelAnswer> {
    const { id, lane } = job;
    const [key, bullId] = [this.#flagKey(id), toBullId(id)];
    const rules = this.#toRules(server, lane);
    const asked = { ...job, isCancelRequested: true };
    const given = await flagJob(rules, asked, FLAG_SECONDS);
    const now = await readJob(rules.backend, id);
    const isGiven = now !== undefined && now.kept.attemptsStarted === given;
    if (isGiven && now.state === "claimed") return "requested";
    if (
      now?.state === "finished" ||
      now?.state === "dead" ||
      (isGiven && now.state === "cancelled")
    ) {
      await server.client.del(key);
      return "ended";
    }
    // Whoever has just taken it off the queue sees the flag and ends it, but may be killed before.
    const isAway = now === undefined || (await rules.backend.remove(bullId, false)) === 1;
    const seconds = isAway ? TOMBSTONE_SECONDS : FLAG_SECONDS;
    await server.client.set(key, JSON.stringify({ ...asked, state: "cancelled" }), "EX", seconds);
    return "cancelled";
  }

  #toClaim(taken: TakenJob): Claim {
    const { job, number } = taken;
    let hasEnded = false;
    const end = async (how: AttemptEnd): Promise<EndAnswer> => {
      if (hasEnded) return "lost";
      const answer = await this.#askFor(job.lane, (rules) => endAttempt(rules, taken, how));
      hasEnded = true;
      await this.#ask(() => this.#wake.call()).catch(ignoreUnavailable);
      return answer ?? "lost";
    };
    return {
      job,
      number,
      renew: () => this.#askFor(job.lane, (rules) => renewLease(rules, taken, this.#leaseMs)),
      progress: async (progress) => {
        toProgressText(progress, job.id);
        await this.#askFor(job.lane, (rules) => keepProgress(rules, taken, progress));
      },
      finish: () => end({ kind: "finished" }),
      fail: (cause) => end({ kind: "failed", cause }),
      handBack: () => end({ kind: "handed-back" }),
    };
  }

  #askFor<T>(lane: Lane, work: (rules: LaneRules) => Promise<T>): Promise<T> {
    return this.#ask((server) => work(this.#toRules(server, lane)));
  }

  async #ask<T>(work: (server: RedisServer) => Promise<T>): Promise<T> {
    this.#wait.throwIfClosed();
    return this.#connection.ask(work);
  }

  #toRules({ client, lanes }: RedisServer, lane: Lane): LaneRules {
    const flagKey = (id: string) => this.#flagKey(id);
    return { client, backend: lanes[lane], attempts: this.#attempts, flagKey };
  }

  /** Where it is noted that somebody asked to cancel a job, with the job as it was then. */
  #flagKey(id: string): string {
    return `${this.#connection.prefix}:cancelled:${id}`;
  }
}

/** Whether a job of this id was cancelled and taken away, or is in another lane. */
async function isElsewhere(
  { client, lanes }: RedisServer,
  flagKey: string,
  { id, lane }: JobSpec,
): Promise<boolean> {
  const others = LANES.filter((other) => other !== lane);
  const keys = others.map((other) => lanes[other].toKey(toBullId(id)));
  return (await client.exists(flagKey, ...keys)) > 0;
}

/** Who misses a call looks a moment later. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof HexError)) throw error;
}

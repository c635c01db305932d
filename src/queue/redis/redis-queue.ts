import { ClaimWait, HeldClaims, type TakenJob, type TakeOptions, toClaim } from "../claim.ts";
import {
  ATTEMPTS,
  type Attempts,
  type CancelAnswer,
  type Claim,
  type ClaimOptions,
  type Job,
  type JobSpec,
  type LaneCounts,
  LEASE_MS,
  type Queue,
  type QueueOptions,
  type WaitOptions,
} from "../queue.ts";
import { toPayloadText } from "../stored-job.ts";
import { checkLeftovers, checkServer } from "./redis-check.ts";
import { isTransientOutage, RedisConnection, type RedisPlace } from "./redis-connection.ts";
import { RedisJobs } from "./redis-jobs.ts";

/** How often a claim that waits looks by itself, for most changes wake it. */
const POLL_MS = 250;

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
  readonly #jobs: RedisJobs;
  readonly #attempts: Attempts;
  readonly #wait: ClaimWait;
  readonly #held = new HeldClaims();
  readonly #looks = new Set<Promise<unknown>>();

  constructor(place: RedisPlace, attempts: Attempts, leaseMs: number) {
    this.location = place.url;
    this.#connection = new RedisConnection(place);
    const { client, prefix } = this.#connection;
    this.#jobs = new RedisJobs(client, prefix, { leaseMs, mostAttempts: attempts.most });
    this.#attempts = attempts;
    this.#wait = new ClaimWait(place.url, POLL_MS);
  }

  async submit(spec: JobSpec, { signal }: WaitOptions = {}): Promise<"submitted" | "known"> {
    signal?.throwIfAborted();
    const payload = toPayloadText(spec);
    return this.#ask(() => this.#jobs.submit(spec, payload));
  }

  async claim({ lane, worker, atMost, signal }: ClaimOptions): Promise<Claim> {
    this.#wait.throwIfClosed();
    this.#listen();
    const isOver = () => signal?.aborted === true || this.#wait.isClosed;
    const look = async () => {
      const looking = this.#look({ lane, worker, atMost }, isOver);
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
    return this.#ask(() => this.#jobs.find(id));
  }

  async cancel(id: string): Promise<CancelAnswer> {
    return this.#ask(() => this.#jobs.cancel(id));
  }

  async count(): Promise<LaneCounts> {
    return this.#ask(() => this.#jobs.count());
  }

  async check(): Promise<readonly string[]> {
    const { client, prefix } = this.#connection;
    return this.#ask(async () => [
      ...(await checkServer(client, this.location)),
      ...(await checkLeftovers(client, this.location, prefix)),
    ]);
  }

  async close(): Promise<void> {
    this.#wait.close();
    // A look gives back the job that it takes at the last moment.
    if (this.#connection.client.status === "ready") await Promise.allSettled(this.#looks);
    this.#connection.close();
  }

  #listen(): void {
    const askHeld = (id: string) => this.#held.ask(({ job }) => job.id === id);
    const onChange = (id: string) => (id === "" ? this.#wait.wake() : askHeld(id));
    // What was said before, nobody has heard.
    const lookAtHeld = async () => {
      for (const { job } of this.#held.all) {
        if ((await this.find(job.id))?.isCancelRequested === true) askHeld(job.id);
      }
    };
    this.#connection.listen(onChange, () => void lookAtHeld().catch(() => undefined));
  }

  async #look(options: TakeOptions, isOver: () => boolean): Promise<TakenJob | undefined> {
    try {
      return await this.#connection.ask(async (isLate) => {
        const taken = await this.#jobs.take(options);
        if (taken === undefined || !(isOver() || isLate())) return taken;
        await this.#jobs.end(taken, { next: "queued", uncounted: 1 });
        return undefined;
      });
    } catch (error) {
      // A server that went away is waited for.
      if (isTransientOutage(error)) return undefined;
      throw error;
    }
  }

  #toClaim(taken: TakenJob): Claim {
    let hasEnded = false;
    return toClaim(taken, this.#attempts, {
      asked: this.#held.hold(taken),
      renew: () => this.#ask(() => this.#jobs.renew(taken)),
      progress: (text) => this.#ask(() => this.#jobs.progress(taken, text)),
      end: async (ending) => {
        if (hasEnded) return "lost";
        const answer = await this.#ask(() => this.#jobs.end(taken, ending));
        hasEnded = true;
        this.#held.drop(taken);
        return answer;
      },
    });
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    this.#wait.throwIfClosed();
    return this.#connection.ask(work);
  }
}

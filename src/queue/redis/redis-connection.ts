import { createRedisBackend, type RedisQueueBackend, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { LANES, type Lane } from "../job.ts";
import { NoAnswer, toRedisFailure } from "./redis-failure.ts";

export interface RedisPlace {
  /** `redis://host:port/database` or `rediss://…`, without user and password */
  readonly url: string;
  /** keeps the queues of several projects on one server apart */
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** What one call works with. */
export interface RedisServer {
  readonly client: Redis;
  /** the lanes' queues: each move of a job is one script of BullMQ, all of it or nothing */
  readonly lanes: Readonly<Record<Lane, RedisQueueBackend>>;
  /** whether the caller was told already that there is no answer */
  readonly isLate: () => boolean;
}

/** A caller is told no later than this that the server does not answer. */
const ANSWER_MS = 5_000;

/** BullMQ itself never ends a job whose leases ran out: our own count of attempts does. */
const NO_LIMIT = 1_000_000_000;

/** BullMQ's record of events, which nobody reads here, would keep much that was told of progress. */
const KEPT_EVENTS = 100;

/**
 * A connection that gives up soon: each call tells that the server is away, instead of waiting for
 * it, and nothing that was given up is sent once the server is back.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly prefix: string;
  readonly #location: string;
  readonly #leaseMs: number;
  #failure: Error | undefined;
  #lanes: Promise<Readonly<Record<Lane, RedisQueueBackend>>> | undefined;
  #areLanesOpen = false;

  constructor({ url, name, username, password }: RedisPlace, leaseMs: number) {
    this.#location = url;
    this.#leaseMs = leaseMs;
    this.prefix = `hex:${name}`;
    this.client = new Redis(url, {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      lazyConnect: true,
      connectTimeout: 2_000,
      socketTimeout: ANSWER_MS,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    });
    // What went wrong with the connection says more than that a command was given up for it.
    this.client.on("error", (error) => {
      this.#failure = error;
    });
    this.client.on("ready", () => {
      this.#failure = undefined;
    });
  }

  /**
   * Does some work with the server.
   * @throws {HexError} HEX_QUEUE_UNAVAILABLE; it is unknown then what of the work was done
   */
  async ask<T>(work: (server: RedisServer) => Promise<T>): Promise<T> {
    try {
      return await withinAnswerTime((isLate) => this.#ask(work, isLate));
    } catch (error) {
      // Those that were being opened when the server went would wait for ever.
      if (!this.#areLanesOpen) this.#lanes = undefined;
      const failure = toRedisFailure(error, this.#location);
      const isUnclear = error instanceof Error && /^(Max|Abort|NoAnswer)/.test(error.name);
      throw isUnclear && this.#failure ? toRedisFailure(this.#failure, this.#location) : failure;
    }
  }

  async #ask<T>(work: (server: RedisServer) => Promise<T>, isLate: () => boolean): Promise<T> {
    // Nothing is sent before the server is there: it must not be done at some later time.
    if (this.client.status !== "ready") await this.client.ping();
    this.#lanes ??= this.#openLanes();
    return work({ client: this.client, lanes: await this.#lanes, isLate });
  }

  async #openLanes(): Promise<Readonly<Record<Lane, RedisQueueBackend>>> {
    const lanes = await Promise.all(LANES.map(async (lane) => [lane, await this.#openLane(lane)]));
    this.#areLanesOpen = true;
    return Object.fromEntries(lanes);
  }

  async #openLane(lane: Lane): Promise<RedisQueueBackend> {
    const options: WorkerOptions & { readonly prefix: string } = {
      connection: this.client,
      prefix: this.prefix,
      lockDuration: this.#leaseMs,
      stalledInterval: Math.ceil(this.#leaseMs / 3),
      maxStalledCount: NO_LIMIT,
      skipVersionCheck: true,
    };
    const backend = createRedisBackend(lane, options);
    // The connection is ours, and its failures are told by the calls that meet them.
    backend.on("error", () => {});
    await backend.waitUntilReady();
    await backend.setQueueMeta({ "opts.maxLenEvents": KEPT_EVENTS });
    return backend;
  }

  close(): void {
    this.client.disconnect();
  }
}

async function withinAnswerTime<T>(work: (isLate: () => boolean) => Promise<T>): Promise<T> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(new NoAnswer());
    }, ANSWER_MS);
  });
  try {
    return await Promise.race([work(() => isLate), late]);
  } finally {
    clearTimeout(timer);
  }
}

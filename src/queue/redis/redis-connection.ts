import { Redis } from "ioredis";
import { NoAnswer, toRedisFailure } from "./redis-failure.ts";

export interface RedisPlace {
  /** `redis://host:port/database` or `rediss://…`, without user and password */
  readonly url: string;
  /** keeps the queues of several projects on one server apart */
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** A caller is told no later than this that the server does not answer. */
const ANSWER_MS = 5_000;

/**
 * A connection that gives up soon: each call tells that the server is away, instead of waiting for
 * it, and nothing that was given up is sent once the server is back.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly prefix: string;
  readonly #location: string;
  #listener: Redis | undefined;
  #failure: Error | undefined;

  constructor({ url, name, username, password }: RedisPlace) {
    this.#location = url;
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
   * @param work learns by `isLate` whether the caller was told already that there is no answer
   * @throws {HexError} HEX_QUEUE_UNAVAILABLE; it is unknown then whether the work was done
   */
  async ask<T>(work: (isLate: () => boolean) => Promise<T>): Promise<T> {
    try {
      return await withinAnswerTime(async (isLate) => {
        // Nothing is sent before the server is there: it must not be done at some later time.
        if (this.client.status !== "ready") await this.client.ping();
        return work(isLate);
      });
    } catch (error) {
      const isUnclear = error instanceof Error && /^(Max|Abort|NoAnswer)/.test(error.name);
      throw toRedisFailure((isUnclear && this.#failure) || error, this.#location);
    }
  }

  /** Hears when something may have changed, also after the server was away; a message may get lost. */
  listen(onChange: () => void): void {
    if (this.#listener !== undefined) return;
    const listener = this.client.duplicate({
      maxRetriesPerRequest: null,
      socketTimeout: 0,
      lazyConnect: false,
    });
    this.#listener = listener;
    // Claims that wait also look by themselves, and are then told of what is wrong.
    listener.on("error", () => {});
    listener.on("message", onChange);
    listener.subscribe(`${this.prefix}:wake`).catch(() => {});
  }

  close(): void {
    this.#listener?.disconnect();
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

import type { Queue, QueueOptions } from "./queue.ts";

/** A queue to be opened: its place, with the values that the project's secrets have. */
export type QueueToOpen = EmbeddedQueueToOpen | RedisQueueToOpen;

interface EmbeddedQueueToOpen {
  readonly kind: "embedded";
  /** an absolute path; the file and its folder are made when they are missing */
  readonly file: string;
}

interface RedisQueueToOpen {
  readonly kind: "redis";
  /** `redis://host:port/database` or `rediss://…`, without user and password */
  readonly url: string;
  /** keeps the queues of several projects on one server apart: letters, digits, `_` and `-` */
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Opens a queue. A file is made at once; a server is not asked before the first call.
 *
 * @throws {HexError} HEX_QUEUE_UNAVAILABLE when the file cannot be opened
 */
export async function openQueue(spec: QueueToOpen, options: QueueOptions = {}): Promise<Queue> {
  // SQLite is native code, and the Redis client costs 50 ms: each is loaded only where it is used.
  if (spec.kind === "embedded") {
    const { openEmbeddedQueue } = await import("./embedded/embedded-queue.ts");
    return openEmbeddedQueue(spec.file, options);
  }
  const { openRedisQueue } = await import("./redis/redis-queue.ts");
  return openRedisQueue(spec, options);
}

import type { RedisQueueBackend } from "bullmq";
import type { Attempts } from "../job.ts";
import type { RedisServer } from "./redis-connection.ts";

/** One lane of a server, and the rules of the queue. */
export interface LaneRules {
  readonly client: RedisServer["client"];
  readonly backend: RedisQueueBackend;
  readonly attempts: Attempts;
  /** where it is noted that somebody asked to cancel the job */
  readonly flagKey: (id: string) => string;
}

/** What a claim holds, in BullMQ's words. */
export interface HeldJob {
  readonly bullId: string;
  /** what the lock on the job holds for as long as the lease is ours */
  readonly token: string;
  /** BullMQ's count of starts, which grows with every claim */
  readonly number: number;
  /** attempts that count, with this one */
  readonly attempts: number;
}

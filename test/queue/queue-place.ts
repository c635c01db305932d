import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openQueue, type QueueToOpen } from "../../src/queue/open-queue.ts";
import type { Claim, JobSpec, Queue, QueueOptions } from "../../src/queue/queue.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

/** A place of a queue that nobody has used, for one test. */
export type NewPlace = () => Promise<QueueToOpen>;

export async function newFile(): Promise<QueueToOpen> {
  return { kind: "embedded", file: join(await temporaryFolder(), "queue.db") };
}

export function newNameOn(url: string): NewPlace {
  return async () => ({ kind: "redis", url, name: randomUUID() });
}

/** Retries at once, and leases that a test can wait for. */
export const QUICK = { attempts: { most: 3, backoffMs: 1 }, leaseMs: 30_000 } as const;
/** For who is to lose its job. */
export const SHORT_LEASE = { ...QUICK, leaseMs: 300 } as const;
/** For who is to get that job and to keep it, although the machine may stand still for a while. */
export const NEXT_LEASE = { ...QUICK, leaseMs: 6_000 } as const;
/** For who is to keep its job by renewing its lease. */
export const RENEWED_LEASE = { ...QUICK, leaseMs: 1_800 } as const;

/** Opens a queue that is closed after the test. */
export async function openHere(place: QueueToOpen, options: QueueOptions = QUICK): Promise<Queue> {
  const queue = await openQueue(place, options);
  onTestFinished(() => queue.close());
  return queue;
}

export function toSpec(spec: Partial<JobSpec> = {}): JobSpec {
  return { id: randomUUID(), lane: "run", payload: { inputs: {} }, priority: 5, ...spec };
}

/** Claims a job of the lane for runs, as soon as there is one. */
export function claimRun(queue: Queue, worker = "test@here:1"): Promise<Claim> {
  return queue.claim({ lane: "run", worker, signal: AbortSignal.timeout(60_000) });
}

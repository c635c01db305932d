import { randomUUID } from "node:crypto";
import type { JobJson, RedisQueueBackend } from "bullmq";
import { type Attempts, type Job, type Lane, toBackoffMs } from "../job.ts";
import { ALTERED_CAUSE, lostLeaseCause, toKeptCause } from "../kept-job.ts";
import type { ClaimState, EndAnswer } from "../queue.ts";
import { giveJob } from "./redis-flag.ts";
import {
  fromBullId,
  type KeptEnd,
  parseData,
  parseEnd,
  toEndedAttempts,
  toEndingJob,
  toJob,
} from "./redis-job.ts";
import type { HeldJob, LaneRules } from "./redis-lane.ts";

export interface TakenJob extends HeldJob {
  readonly job: Job;
}

export interface TakeOptions {
  readonly lane: Lane;
  readonly worker: string;
  readonly atMost: number | undefined;
}

/** How an attempt ends. */
export type AttemptEnd =
  | { readonly kind: "finished" }
  | { readonly kind: "handed-back" }
  | { readonly kind: "failed"; readonly cause: string };

/** Ended jobs are kept for an hour, and as long a repeated submit of them is known. */
const KEPT = { age: 60 * 60 };

/** Takes the job of a lane whose turn it is. */
export async function takeJob(
  rules: LaneRules,
  options: TakeOptions,
): Promise<TakenJob | undefined> {
  const { backend } = rules;
  const { lane, worker, atMost = Number.POSITIVE_INFINITY } = options;
  const [claimed = 0] = await backend.getCounts(["active"]);
  if (claimed >= atMost) return undefined;
  const started = await startJob(rules);
  if (started === undefined) return undefined;
  const { held, kept } = started;
  let end = toEndAtStart(held, kept, rules.attempts);
  if (end === undefined && !(await hasRoom(backend, held, atMost))) {
    await backend.moveJobFromActiveToWait(held.bullId, held.token);
    return undefined;
  }
  if (end === undefined && !(await giveJob(rules, held, worker))) {
    end = { state: "cancelled", counted: held.attempts - 1 };
  }
  if (end !== undefined) {
    await keepEnd(rules, held, end);
    return takeJob(rules, options);
  }
  const kepts = { kept: { ...kept, processedBy: worker }, state: "claimed" } as const;
  return { ...held, job: toJob(fromBullId(held.bullId), lane, kepts, false) };
}

/** Why a job that was just started is ended instead of given to a worker. */
function toEndAtStart(
  { attempts }: HeldJob,
  kept: JobJson,
  { most }: Attempts,
): Ending | undefined {
  const counted = attempts - 1;
  if (parseData(kept.data) === undefined) {
    return { state: "dead", counted, cause: ALTERED_CAUSE };
  }
  if (attempts <= most) return undefined;
  return { state: "dead", counted, cause: lostLeaseCause(kept.processedBy ?? "its worker") };
}

async function startJob({
  client,
  backend,
}: LaneRules): Promise<{ readonly held: HeldJob; readonly kept: JobJson } | undefined> {
  const token = randomUUID();
  try {
    const [kept, bullId]: (JobJson | string | null)[] = await backend.moveToActive(token);
    if (!isJobJson(kept) || typeof bullId !== "string") return undefined;
    const attempts = toEndedAttempts(kept) + 1;
    return { held: { bullId, token, number: kept.attemptsStarted, attempts }, kept };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await endAltered({ client, backend }, token);
    return undefined;
  }
}

function isJobJson(kept: unknown): kept is JobJson {
  return typeof kept === "object" && kept !== null;
}

/** Ends a job that cannot even be read; nothing but our lock tells which it is. */
async function endAltered(
  { client, backend }: Pick<LaneRules, "client" | "backend">,
  token: string,
): Promise<void> {
  for (const bullId of await client.lrange(backend.keys["active"] ?? "", 0, -1)) {
    const key = backend.toKey(bullId);
    if ((await client.get(`${key}:lock`)) !== token) continue;
    await client.hdel(key, "progress", "opts", "parent");
    const held = { bullId, token, number: 1, attempts: 1 };
    await keepEnd({ backend }, held, { state: "dead", counted: 0, cause: ALTERED_CAUSE });
  }
}

/**
 * Whether no more jobs are claimed than may be. BullMQ puts new ones in front; of two that come at
 * once, only the one with too many behind it goes back, so that they never both do.
 */
async function hasRoom(
  backend: RedisQueueBackend,
  { bullId }: HeldJob,
  atMost: number,
): Promise<boolean> {
  if (atMost === Number.POSITIVE_INFINITY) return true;
  const client = await backend.client;
  const active = await client.lrange(backend.keys["active"] ?? "", 0, -1);
  return active.length - 1 - active.indexOf(bullId) < atMost;
}

/** Renews the lease of a claim. */
export async function renewLease(
  { client, backend, flagKey }: LaneRules,
  { job, bullId, token }: TakenJob,
  leaseMs: number,
): Promise<ClaimState> {
  if ((await backend.extendLock(bullId, token, leaseMs)) !== 1) return "lost";
  return (await client.exists(flagKey(job.id))) === 1 ? "cancelled" : "held";
}

/** Keeps what an attempt tells of its progress, if it still counts. */
export async function keepProgress(
  { client, backend }: LaneRules,
  { bullId, token, number }: TakenJob,
  progress: unknown,
): Promise<void> {
  if ((await client.get(`${backend.toKey(bullId)}:lock`)) !== token) return;
  await backend.updateProgress(bullId, { number, progress });
}

/** Ends an attempt; gives `undefined` when the lease is lost. */
export async function endAttempt(
  rules: LaneRules,
  taken: TakenJob,
  end: AttemptEnd,
): Promise<EndAnswer | undefined> {
  const { bullId, token, attempts } = taken;
  const counted = end.kind === "handed-back" ? attempts - 1 : attempts;
  const cause = end.kind === "failed" ? toKeptCause(end.cause) : undefined;
  return unlessLost(
    async () => {
      if ((await rules.client.exists(rules.flagKey(taken.job.id))) === 1) {
        await keepEnd(rules, taken, { state: "cancelled", counted, cause });
        await rules.client.del(rules.flagKey(taken.job.id));
        return "cancelled";
      }
      switch (end.kind) {
        case "finished":
          await keepEnd(rules, taken, { state: "finished", counted });
          return "finished";
        case "handed-back":
          await rules.backend.moveJobFromActiveToWait(bullId, token);
          return "queued";
        case "failed":
          return endFailed(rules, taken, cause ?? "");
      }
    },
    () => toOwnEnd(rules, taken),
  );
}

async function endFailed(
  rules: LaneRules,
  taken: TakenJob,
  cause: string,
): Promise<"dead" | "queued"> {
  const { bullId, token, attempts } = taken;
  if (attempts >= rules.attempts.most) {
    await keepEnd(rules, taken, { state: "dead", counted: attempts, cause });
    return "dead";
  }
  const pauseMs = toBackoffMs(attempts, rules.attempts);
  const fieldsToUpdate = { failedReason: cause };
  await rules.backend.moveToDelayed(bullId, Date.now(), pauseMs, token, { fieldsToUpdate });
  return "queued";
}

interface Ending {
  readonly state: KeptEnd["state"];
  /** how many attempts the job had */
  readonly counted: number;
  readonly cause?: string | undefined;
}

async function keepEnd(
  { backend }: Pick<LaneRules, "backend">,
  { bullId, token, number }: HeldJob,
  { state, counted, cause }: Ending,
): Promise<void> {
  const end: KeptEnd = { state, attempts: counted, number };
  const job = toEndingJob(bullId);
  if (state === "dead") {
    const fields = { returnvalue: JSON.stringify(end) };
    await backend.moveToFailed(job, cause ?? "", KEPT, token, false, fields);
  } else {
    await backend.moveToCompleted(job, end, KEPT, token, false);
  }
}

/** Does a move that needs the lease; when it is lost, says what else there is to say. */
async function unlessLost<T>(move: () => Promise<T>, orElse: () => Promise<T | undefined>) {
  try {
    return await move();
  } catch (error) {
    // By these numbers BullMQ tells that the job is gone, or that its lock is gone or another's.
    const { code }: { readonly code?: unknown } = Object(error);
    if (code === -1 || code === -2 || code === -3 || code === -6) return orElse();
    throw error;
  }
}

/** The end that this very claim has given the job, when the connection failed before it was told. */
async function toOwnEnd(
  { backend }: LaneRules,
  { bullId, number }: HeldJob,
): Promise<EndAnswer | undefined> {
  const kept = await backend.getJobData(bullId);
  const end = kept && parseEnd(kept);
  return end?.number === number ? end.state : undefined;
}

import type { JobJson, MinimalJob, RedisQueueBackend } from "bullmq";
import * as v from "valibot";
import type { Job, JobState, Lane } from "../job.ts";
import { parseKept } from "../kept-job.ts";

const ID_PREFIX = "job-";

/** BullMQ keeps a job beside keys of its own, such as `wait`: no id of a job may be one of them. */
export function toBullId(id: string): string {
  return `${ID_PREFIX}${id}`;
}

/** The id that a job has for everybody else. */
export function fromBullId(bullId: string): string {
  return bullId.slice(ID_PREFIX.length);
}

/** What BullMQ keeps as the data of a job; the submission tells which of two submits it is from. */
const KeptData = v.object({ submission: v.string(), payload: v.unknown() });

/** What an attempt told, kept with the number of its claim: that of an older one does not count. */
const KeptProgress = v.object({ number: v.number(), progress: v.unknown() });

const KeptEnd = v.object({
  state: v.picklist(["finished", "cancelled", "dead"]),
  attempts: v.number(),
  /** of the claim that ended it */
  number: v.number(),
});

/** How a job ended, kept as BullMQ's return value. */
export type KeptEnd = v.InferOutput<typeof KeptEnd>;

export function toDataText(payloadText: string, submission: string): string {
  return `{"submission":${JSON.stringify(submission)},"payload":${payloadText}}`;
}

/** Reads the data of a job; `undefined` when somebody altered it and it is none any more. */
export function parseData(text: string): v.InferOutput<typeof KeptData> | undefined {
  return read(KeptData, parseKept(text)?.value);
}

export function parseEnd(kept: JobJson): KeptEnd | undefined {
  return read(KeptEnd, parseKept(kept.returnvalue ?? "")?.value);
}

/** How many attempts have ended, by BullMQ's own counts: those that failed and those that were lost. */
export function toEndedAttempts({ attemptsMade, stalledCounter }: JobJson): number {
  return attemptsMade + stalledCounter;
}

/** A new job, as BullMQ is told of it. */
export function toNewJob(
  id: string,
  data: string,
  { lane, priority }: { readonly lane: Lane; readonly priority: number },
): JobJson {
  return {
    id: toBullId(id),
    name: lane,
    data,
    opts: { priority },
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    timestamp: Date.now(),
    failedReason: "",
    returnvalue: "",
  };
}

/** All that BullMQ asks of a job that it moves to its end. */
export function toEndingJob(bullId: string): MinimalJob {
  return { id: bullId, opts: { attempts: 1 } } as MinimalJob;
}

/** What is kept of a job, and where it stands. */
export interface KeptJob {
  readonly kept: JobJson;
  readonly state: JobState;
}

/** Reads a job; `undefined` when it is not in this lane. */
export async function readJob(
  backend: RedisQueueBackend,
  id: string,
): Promise<KeptJob | undefined> {
  const bullId = toBullId(id);
  let before = await backend.getState(bullId);
  // The state is read around the rest, which otherwise may tell of a move that came in between.
  for (;;) {
    const kept = await backend.getJobData(bullId);
    const after = await backend.getState(bullId);
    if (kept === undefined) return undefined;
    if (before === after) return { kept, state: toState(after, kept) };
    before = after;
  }
}

function toState(bullState: string, kept: JobJson): JobState {
  switch (bullState) {
    case "completed":
      return parseEnd(kept)?.state ?? "finished";
    case "failed":
      return "dead";
    case "active":
      return "claimed";
    default:
      return "queued";
  }
}

/** The job as everybody sees it. */
export function toJob(id: string, lane: Lane, { kept, state }: KeptJob, isFlagged: boolean): Job {
  const progress = read(KeptProgress, kept.progress);
  const ended = toEndedAttempts(kept);
  const counted = state === "claimed" ? ended + 1 : ended;
  return {
    id,
    lane,
    payload: parseData(kept.data)?.payload,
    priority: kept.priority ?? 0,
    state: isFlagged && state === "queued" ? "cancelled" : state,
    attempts: parseEnd(kept)?.attempts ?? counted,
    worker: kept.processedBy,
    isCancelRequested: isFlagged || state === "cancelled",
    progress: progress?.number === kept.attemptsStarted ? progress.progress : undefined,
    cause: kept.failedReason || undefined,
  };
}

function read<T extends v.GenericSchema>(schema: T, value: unknown): v.InferOutput<T> | undefined {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}

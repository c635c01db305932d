import { LANES, type Lane } from "./job.ts";

/** How long a cause is kept at most, in characters: it is a sentence, not a log. */
const CAUSE_LENGTH = 2_000;

/** Why an attempt counts as failed that was never ended by its worker. */
export function lostLeaseCause(worker: string): string {
  return `The lease of ${worker} ran out: it ended, hung or lost its connection`;
}

/** Why an attempt counts as failed whose process is no more. */
export function goneCause(worker: string): string {
  return `The process ${worker} is gone: it crashed or was killed`;
}

/** Why a job is dead that nobody could take. */
export const ALTERED_CAUSE = "What the queue keeps of the job was altered and is no job any more";

/** A cause as it is kept. */
export function toKeptCause(cause: string): string {
  return cause.length <= CAUSE_LENGTH ? cause : `${cause.slice(0, CAUSE_LENGTH)}…`;
}

/** Reads kept JSON back; `undefined` when it was altered and is none any more. */
export function parseKept(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The caller tells what that means for the job.
    return undefined;
  }
}

/** One value for each lane. */
export async function eachLane<T>(
  toValue: (lane: Lane) => T | Promise<T>,
): Promise<Readonly<Record<Lane, T>>> {
  const values = await Promise.all(LANES.map(async (lane) => [lane, await toValue(lane)] as const));
  return Object.fromEntries(values) as Record<Lane, T>;
}

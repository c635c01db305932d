import { isFinal, type RunRecord, type RunState } from "./run-record.ts";

/** Where a run may go from where it stands; where it stays, only its attempts are told anew. */
const MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ["queued", "running", "completed", "failed", "cancelled"],
  running: ["running", "queued", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: [],
};

/** What is settled when a run is accepted. */
const SETTLED = [
  "format",
  "runId",
  "context",
  "trigger",
  "requestedBy",
  "occasion",
  "inputs",
  "acceptSchema",
  "compute",
  "overwrite",
  "isQueued",
  "submittedAt",
] as const satisfies readonly (keyof RunRecord)[];

/** Why a record may not follow another one of the same run; undefined when it may. */
export function moveFault(from: RunRecord, to: RunRecord): string | undefined {
  if (!MOVES[from.state].includes(to.state)) {
    return `a run that is ${from.state} never becomes ${to.state}`;
  }
  const changed = SETTLED.find((key) => JSON.stringify(from[key]) !== JSON.stringify(to[key]));
  if (changed !== undefined) return `\`${changed}\` of a run never changes`;
  if (to.attempts.length < from.attempts.length) return "no attempt is ever forgotten";
  return stateFault(to);
}

/** What a record says that does not fit where its run stands; undefined when all of it does. */
export function stateFault({ state, startedAt, endedAt }: RunRecord): string | undefined {
  if (isFinal(state) !== (endedAt !== null))
    return "`endedAt` is told of exactly the runs that ended";
  const hasStarted = state === "running" || state === "completed";
  if (hasStarted && startedAt === null) return `a run that is ${state} has started`;
  return undefined;
}

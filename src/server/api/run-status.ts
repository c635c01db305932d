import type { FastifyRequest } from "fastify";
import type { RunRecord, RunState } from "../../run/history/run-record.ts";
import type { RunTrigger } from "../../run/run-event.ts";
import { toBaseUrl } from "../hosts.ts";
import type { Served } from "../served.ts";
import { toUrl } from "./addresses.ts";

/** The states of a run in Hex's API; the last one never comes up here. */
export const HEX_STATUSES = [
  "PENDING",
  "RUNNING",
  "COMPLETED",
  "ERRORED",
  "KILLED",
  "UNABLE_TO_ALLOCATE_KERNEL",
] as const;

export type HexStatus = (typeof HEX_STATUSES)[number];

export const HEX_TRIGGERS = ["API", "SCHEDULED", "APP_REFRESH"] as const;

export type HexTrigger = (typeof HEX_TRIGGERS)[number];

const STATUSES: Readonly<Record<RunState, HexStatus>> = {
  queued: "PENDING",
  running: "RUNNING",
  completed: "COMPLETED",
  failed: "ERRORED",
  cancelled: "KILLED",
};

/** A run that a person started counts as a program's. */
const TRIGGERS: Readonly<Record<RunTrigger, HexTrigger>> = {
  api: "API",
  cli: "API",
  schedule: "SCHEDULED",
  page: "APP_REFRESH",
};

export function toHexStatus({ state }: Pick<RunRecord, "state">): HexStatus {
  return STATUSES[state];
}

export function toHexTrigger({ trigger }: Pick<RunRecord, "trigger">): HexTrigger {
  return TRIGGERS[trigger];
}

/** Facts about a run besides its record. */
export interface RunAround {
  readonly projectId: string;
  /** the absolute address of a run's page, for people */
  readonly toRunUrl: (runId: string) => string;
  /** the absolute address of a run's status, for programs */
  readonly toRunStatusUrl: (runId: string) => string;
  readonly traceId: string;
  /** of runs that have read and published nothing yet */
  readonly newestVersion: number | null;
  /** milliseconds since 1970 */
  readonly nowMs: number;
}

/**
 * A run in the form of Hex's GetRunStatus, with the reason of a failure, which Hex omits.
 *
 * Times are never null but for the end's: clients fail over it.
 */
export function toRunStatus(record: RunRecord, around: RunAround) {
  const { runId, submittedAt, startedAt, endedAt, version } = record;
  const endMs = endedAt === null ? around.nowMs : Date.parse(endedAt);
  const elapsedMs = startedAt === null ? 0 : endMs - Date.parse(startedAt);
  const error = toRunError(record);
  return {
    projectId: around.projectId,
    runId,
    runUrl: around.toRunUrl(runId),
    runStatusUrl: around.toRunStatusUrl(runId),
    status: toHexStatus(record),
    runTrigger: toHexTrigger(record),
    startTime: toTime(startedAt ?? submittedAt),
    endTime: endedAt === null ? null : toTime(endedAt),
    elapsedTime: Math.max(0, Math.round(elapsedMs)),
    projectVersion: toProjectVersion(version ?? around.newestVersion),
    traceId: around.traceId,
    ...(error === undefined ? {} : { error }),
  };
}

export function toProjectVersion(version: number | null): number {
  return Math.max(1, version ?? 1);
}

/** With a fraction and `Z`, as all clients can read it. */
function toTime(instant: string): string {
  return new Date(instant).toISOString();
}

function toRunError({ error, cells }: RunRecord) {
  if (error === undefined) return undefined;
  const cell = cells.find(({ status }) => status === "failed")?.name;
  return { ...error, ...(cell === undefined ? {} : { cell }) };
}

/** Facts about runs in answer to a request. @throws {HexError} HEX_STORE_UNAVAILABLE */
export async function toAround(request: FastifyRequest, served: Served): Promise<RunAround> {
  const { number } = await served.newest.read();
  return {
    projectId: served.projectId,
    toRunUrl: toRunUrl(request, served),
    toRunStatusUrl: toRunStatusUrl(request, served),
    traceId: request.id,
    newestVersion: number,
    nowMs: served.now(),
  };
}

/** The addresses of the pages of runs, as the caller would reach them. */
export function toRunUrl(
  { headers }: FastifyRequest,
  { settings }: Served,
): (runId: string) => string {
  const base = toBaseUrl(headers.host ?? "127.0.0.1", settings);
  return (runId) => `${base}/runs/${runId}`;
}

/** The addresses of the states of runs, as the caller would reach them. */
export function toRunStatusUrl(request: FastifyRequest, served: Served): (runId: string) => string {
  return (runId) => toUrl(request, `/projects/${served.projectId}/runs/${runId}`, served);
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RUN_CONTEXTS } from "../../cell/run-context.ts";
import type {
  ListedRun,
  RunList,
  ScheduleList,
  ShownLog,
  ShownRun,
} from "../../page/history-state.ts";
import { isRunId } from "../../run/history/run-id.ts";
import type { LogLine } from "../../run/history/run-log.ts";
import { isFinal, RUN_STATES, type RunRecord } from "../../run/history/run-record.ts";
import { RUN_TRIGGERS } from "../../run/run-event.ts";
import { nextInstant } from "../../schedule/planned-instants.ts";
import type { Schedule } from "../../schedule/schedule.ts";
import { findRun } from "../api/addresses.ts";
import { type Caller, mayDo } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readOne, readWholeNumber, readWord } from "../query.ts";
import {
  findUnknown,
  type LogCursor,
  openRunStreams,
  parseEventId,
  passLine,
  toEventId,
} from "../run-events.ts";
import { toEndedProgress } from "../run-feed.ts";
import { stopRun } from "../run-records.ts";
import { packLong } from "../send.ts";
import type { Served } from "../served.ts";
import { addVersionRoutes } from "./version-routes.ts";

const LIST = "/page/runs";
const ONE = `${LIST}/:runId`;

/** The routes of the runs view: the history of runs, the versions and the schedules. */
export function addRunViewRoutes(app: FastifyInstance, served: Served): void {
  addHistoryRoutes(app, served);
  addVersionRoutes(app, served);
  addScheduleRoutes(app, served);
}

/** The history of runs: a list with filters, one run, its log, its events, and its cancellation. */
function addHistoryRoutes(app: FastifyInstance, served: Served): void {
  const look = { config: { auth: "read" }, onSend: packLong } as const;
  const stop = { config: { auth: "run" } } as const;
  // A HEAD request to an endless answer would wait for its end.
  const listen = { config: { auth: "read", isStream: true }, exposeHeadRoute: false } as const;
  const streamRun = openRunStreams(app, served);
  app.get(LIST, look, (request) => listRuns(request.query as Query, served));
  app.get(ONE, look, async (request) => {
    return toShownRun(await findRun(request, served), await toAround(request, served));
  });
  app.get(`${ONE}/log`, look, async (request, reply) => {
    const { runId } = await findRun(request, served);
    const lines = await served.runs.history.readLog(runId);
    return sendLog(request, reply, served.runs.redact(lines, "log"));
  });
  app.get(`${ONE}/events`, listen, async (request, reply) => {
    const record = await findRun(request, served);
    const around = await toAround(request, served);
    const toRun = (current: RunRecord) => toShownRun(current, { ...around, nowMs: served.now() });
    streamRun(request, reply, { record, toRun });
  });
  app.delete(ONE, stop, async (request, reply) => {
    await stopRun(await findRun(request, served), served);
    return reply.code(204).send();
  });
}

/** @throws {HttpFailure} 400 */
async function listRuns(query: Query, { records }: Served): Promise<RunList> {
  const trigger = readWord(query, "trigger", RUN_TRIGGERS);
  const page = await records.list({
    context: readWord(query, "context", RUN_CONTEXTS),
    state: readWord(query, "state", RUN_STATES),
    triggers: trigger && [trigger],
    schedule: readOne(query, "schedule"),
    before: readBefore(query),
    limit: readWholeNumber(query, "limit", { from: 1, to: 200, unless: 50 }),
  });
  const { runs, next = null, warnings } = page;
  return { runs: runs.map(toListedRun), next, warnings };
}

function readBefore(query: Query): string | undefined {
  const before = readOne(query, "before");
  if (before === undefined || isRunId(before)) return before;
  throw new HttpFailure(400, "Expected before to be what a list of runs gave, got another text");
}

async function toAround({ caller }: FastifyRequest, { project, now }: Served) {
  // The history stays readable while cells are not.
  const { cells } = await project.read().catch(() => ({ cells: [] }));
  return { caller, order: cells.map(({ name }) => name), nowMs: now() };
}

/** The log as a text file, or its lines from a cursor on. */
function sendLog(request: FastifyRequest, reply: FastifyReply, lines: readonly LogLine[]) {
  const query = request.query as Query;
  if (readWord(query, "as", ["text"]) === "text") {
    const { runId } = request.params as { readonly runId: string };
    reply.header("content-disposition", `attachment; filename="run-${runId.toLowerCase()}.log"`);
    return reply.type("text/plain; charset=utf-8").send(toText(lines));
  }
  const from = parseEventId(readOne(query, "from"));
  const unknown = lines.slice(findUnknown(lines, from));
  const next = toEventId(unknown.reduce<LogCursor>(passLine, from));
  return { lines: unknown, next } satisfies ShownLog;
}

function toText(lines: readonly LogLine[]): string {
  const all = lines.map(({ at, cell, text }) => {
    const from = cell === undefined ? "" : `${cell}: `;
    return `${at.slice(0, 23).replace("T", " ")}  ${from}${text}\n`;
  });
  return all.join("");
}

/** A run in a list. */
function toListedRun(record: RunRecord): ListedRun {
  const { runId, context, trigger, state, requestedBy, occasion, error } = record;
  const { submittedAt, startedAt, endedAt, version, isPublisher } = record;
  return {
    ...{ runId, context, trigger, state, requestedBy, occasion: occasion ?? null },
    ...{ submittedAt, startedAt, endedAt, version, isPublisher, error: error ?? null },
  };
}

/** Facts about a run besides its record. */
interface AroundRun {
  readonly caller: Caller | null;
  /** names of the project's cells, in file order */
  readonly order: readonly string[];
  /** milliseconds since 1970 */
  readonly nowMs: number;
}

/** All of a run but its log. */
function toShownRun(record: RunRecord, { caller, order, nowMs }: AroundRun): ShownRun {
  const { inputs, attempts, cells, state, isQueued } = record;
  return {
    ...toListedRun(record),
    ...{ inputs, isQueued, attempts, order },
    cells: cells.map(toEndedProgress),
    mayCancel: !isFinal(state) && caller !== null && mayDo(caller, "run"),
    now: new Date(nowMs).toISOString(),
  };
}

const NEXT_LISTED = 5;
const RUNS_LISTED = 5;

/** The schedules with their next instants and newest runs. */
function addScheduleRoutes(app: FastifyInstance, served: Served): void {
  const { config } = served.runs;
  app.get("/page/schedules", { config: { auth: "read" } }, async (): Promise<ScheduleList> => {
    const nowMs = served.now();
    const listing = config.schedules.map(async (schedule) => {
      const { runs } = await served.records.list({ schedule: schedule.name, limit: RUNS_LISTED });
      return { ...schedule, next: toNext(schedule, nowMs), runs: runs.map(toListedRun) };
    });
    return { schedules: await Promise.all(listing) };
  });
}

function toNext(schedule: Schedule, nowMs: number): readonly string[] {
  const instants: string[] = [];
  for (let at = nextInstant(schedule, nowMs); at !== undefined; at = nextInstant(schedule, at)) {
    instants.push(new Date(at).toISOString());
    if (instants.length === NEXT_LISTED) break;
  }
  return instants;
}

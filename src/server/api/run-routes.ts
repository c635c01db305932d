import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RunHistory } from "../../run/history/run-history.ts";
import { newRunId } from "../../run/history/run-id.ts";
import type { RunRecord } from "../../run/history/run-record.ts";
import { isFinal } from "../../run/history/run-record.ts";
import { cancelRecordedRun } from "../../work/recover-runs.ts";
import type { RunRequest } from "../../work/run-task.ts";
import { submitRun } from "../../work/submit-run.ts";
import type { Caller } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readWholeNumber, readWord } from "../query.ts";
import { openRunStreams } from "../run-events.ts";
import type { Served } from "../served.ts";
import { API, checkProject, findRecord, PAGE_LIMIT, toUrl } from "./addresses.ts";
import { parseRunBody, type RunBody, toRunContext, toRunInputs } from "./run-request.ts";
import {
  HEX_STATUSES,
  HEX_TRIGGERS,
  toAround,
  toHexStatus,
  toHexTrigger,
  toProjectVersion,
  toRunStatus,
  toRunStatusUrl,
  toRunUrl,
} from "./run-status.ts";

/** RunProject, GetRunStatus, GetProjectRuns and CancelRun, on the paths of today and of older clients. */
export function addRunRoutes(app: FastifyInstance, served: Served): void {
  const start = { config: { auth: "run", errors: "params" } } as const;
  const look = { config: { auth: "read" } } as const;
  const stop = { config: { auth: "run" } } as const;
  const run = (request: FastifyRequest, reply: FastifyReply) => runProject(request, reply, served);
  const status = (request: FastifyRequest) => getRunStatus(request, served);
  const cancel = (request: FastifyRequest, reply: FastifyReply) =>
    cancelOneRun(request, reply, served);
  const list = (request: FastifyRequest) => getProjectRuns(request, served);
  app.post(`${API}/projects/:projectId/runs`, start, run);
  app.get(`${API}/projects/:projectId/runs`, look, list);
  app.get(`${API}/projects/:projectId/runs/:runId`, look, status);
  app.delete(`${API}/projects/:projectId/runs/:runId`, stop, cancel);
  app.post(`${API}/project/:projectId/run`, start, run);
  app.get(`${API}/project/:projectId/runs`, look, list);
  app.get(`${API}/project/:projectId/run/:runId`, look, status);
  app.delete(`${API}/project/:projectId/run/:runId`, stop, cancel);
}

async function runProject(request: FastifyRequest, reply: FastifyReply, served: Served) {
  checkProject(request, served);
  const caller = needCaller(request);
  served.runLimit.take(caller.id);
  const body = parseRunBody(request.body);
  const idempotencyKey = readKey(request.headers["idempotency-key"], caller);
  const asked = await toRequest(body, served);
  const runId = body.dryRun ? newRunId() : await submit(asked, { caller, idempotencyKey }, served);
  const { number } = await served.newest.read();
  reply.code(201);
  return {
    projectId: served.projectId,
    runId,
    runUrl: toRunUrl(request, served)(runId),
    runStatusUrl: toRunStatusUrl(request, served)(runId),
    projectVersion: toProjectVersion(number),
    traceId: request.id,
    notifications: [],
  };
}

async function toRequest(body: RunBody, { project, newest }: Served): Promise<RunRequest> {
  const { cells } = await project.read();
  const context = toRunContext(cells, body);
  const isReading = !cells.some(
    ({ computeIn, kind }) => kind === "cached" && computeIn.includes(context),
  );
  // Data that is computed anew may allow other values than what was published.
  const published = isReading && body.inputParams.size > 0 ? await newest.widgets() : new Map();
  const inputs = toRunInputs(body.inputParams, { cells, published });
  return { context, trigger: "api", inputs };
}

interface Asking {
  readonly caller: Caller;
  readonly idempotencyKey: string | undefined;
}

async function submit(
  asked: RunRequest,
  { caller, idempotencyKey }: Asking,
  { runs, admission, metrics }: Served,
): Promise<string> {
  const submission = { requestedBy: caller.name, idempotencyKey };
  const { runId, isKnown } = await admission.admit(() => submitRun(runs, asked, submission));
  if (!isKnown) metrics.countRun(asked.context);
  return runId;
}

async function getRunStatus(request: FastifyRequest, served: Served) {
  const record = await findRecord(request, served);
  return toRunStatus(record, await toAround(request, served));
}

async function getProjectRuns(request: FastifyRequest, served: Served) {
  checkProject(request, served);
  const query = parseRunListQuery(request.query as Query);
  const { records, hasMore } = await listRuns(served.runs.history, query);
  const around = await toAround(request, served);
  const { limit, offset } = query;
  const toPage = (from: number) =>
    toUrl(request, `/projects/${served.projectId}/runs?${toPageQuery(query, from)}`, served);
  return {
    runs: records.map((record) => toRunStatus(record, around)),
    nextPage: hasMore ? toPage(offset + limit) : null,
    previousPage: offset > 0 ? toPage(Math.max(0, offset - limit)) : null,
    traceId: request.id,
  };
}

/** Some clients repeat a cancellation at once until it is answered otherwise: only the first is. */
async function cancelOneRun(request: FastifyRequest, reply: FastifyReply, served: Served) {
  const { runs } = served;
  const record = await findRecord(request, served);
  const job = isFinal(record.state) ? undefined : await runs.queue.find(record.runId);
  if (job?.isCancelRequested === true) refuseCancel("being cancelled already");
  switch (await cancelRecordedRun(runs, record)) {
    case "cancelled":
    case "requested":
      return reply.code(204).send();
    case "ended":
      return refuseCancel("over");
    case "untold":
      return refuseCancel("going in an older hex-runtime, which hears of nothing");
  }
}

function refuseCancel(got: string): never {
  throw new HttpFailure(422, `Expected the run to be waiting or going, got one that is ${got}`);
}

function needCaller({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("a route that starts runs has let somebody unknown in");
  return caller;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The key of a request that may be repeated; each token has its own keys. */
function readKey(header: string | string[] | undefined, { id }: Caller): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY.test(header)) return `${id} ${header}`;
  throw new HttpFailure(
    400,
    "Expected the Idempotency-Key header to be 1 to 255 visible ASCII characters, got another text",
  );
}

/** The query of GetProjectRuns. */
interface RunListQuery {
  readonly limit: number;
  readonly offset: number;
  readonly statusFilter: (typeof HEX_STATUSES)[number] | undefined;
  readonly runTriggerFilter: (typeof TRIGGER_FILTERS)[number] | undefined;
}

/** A page of runs, the newest first. */
interface RunList {
  readonly records: readonly RunRecord[];
  readonly hasMore: boolean;
}

export const TRIGGER_FILTERS = [...HEX_TRIGGERS, "ALL"] as const;
/** Older runs are found by `statusFilter`. */
const MAX_OFFSET = 10_000;

/** How many records are read at once. */
const READ_AT_ONCE = 100;

/** @throws {HttpFailure} 400 */
function parseRunListQuery(query: Query): RunListQuery {
  return {
    limit: readWholeNumber(query, "limit", PAGE_LIMIT),
    offset: readWholeNumber(query, "offset", { from: 0, to: MAX_OFFSET, unless: 0 }),
    statusFilter: readWord(query, "statusFilter", HEX_STATUSES),
    runTriggerFilter: readWord(query, "runTriggerFilter", TRIGGER_FILTERS),
  };
}

/** @throws {HexError} HEX_STORE_UNAVAILABLE */
async function listRuns(history: RunHistory, query: RunListQuery): Promise<RunList> {
  const wanted = query.offset + query.limit + 1;
  const found: RunRecord[] = [];
  let before: string | undefined;
  do {
    const page = await history.list({ limit: READ_AT_ONCE, before });
    found.push(...page.runs.filter((record) => isAskedFor(record, query)));
    before = page.next;
  } while (before !== undefined && found.length < wanted);
  return { records: found.slice(query.offset, wanted - 1), hasMore: found.length >= wanted };
}

/** The query of the page that begins at an offset, with what else was asked for. */
function toPageQuery(query: RunListQuery, offset: number): string {
  const { limit, statusFilter, runTriggerFilter } = query;
  const kept = { limit, offset, statusFilter, runTriggerFilter };
  const written = Object.entries(kept).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return new URLSearchParams(written).toString();
}

function isAskedFor(record: RunRecord, { statusFilter, runTriggerFilter }: RunListQuery): boolean {
  const isStatus = statusFilter === undefined || toHexStatus(record) === statusFilter;
  const isAny = runTriggerFilter === undefined || runTriggerFilter === "ALL";
  return isStatus && (isAny || toHexTrigger(record) === runTriggerFilter);
}

/** The events of a run, as server-sent events until its end. */
export function addEventRoutes(app: FastifyInstance, served: Served): void {
  const streamRun = openRunStreams(app, served);
  // Who asks for the head of an endless answer would wait for its end.
  const options = { config: { auth: "read", isStream: true }, exposeHeadRoute: false } as const;
  app.get(`${API}/projects/:projectId/runs/:runId/events`, options, async (request, reply) => {
    const record = await findRecord(request, served);
    const around = await toAround(request, served);
    streamRun(request, reply, {
      record,
      toRun: (current) => toRunStatus(current, { ...around, nowMs: served.now() }),
    });
  });
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { newRunId } from "../../run/history/run-id.ts";
import { isFinal, RUN_STATES } from "../../run/history/run-record.ts";
import { RUN_TRIGGERS } from "../../run/run-event.ts";
import { cancelRecordedRun } from "../../work/recover-runs.ts";
import type { RunRequest } from "../../work/run-task.ts";
import { submitRun } from "../../work/submit-run.ts";
import { type Caller, needCaller } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { type Query, readWholeNumber, readWord } from "../query.ts";
import { openRunStreams } from "../run-events.ts";
import type { RunRecords } from "../run-records.ts";
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
  const look = { config: { auth: "read" } } as const;
  const paths = [
    { list: "/projects/:projectId/runs", start: "/projects/:projectId/runs" },
    { list: "/project/:projectId/runs", start: "/project/:projectId/run" },
  ];
  for (const { list, start } of paths) {
    const one = `${API}${start}/:runId`;
    app.post(`${API}${start}`, { config: { auth: "run", errors: "params" } }, (request, reply) =>
      runProject(request, reply, served),
    );
    app.get(`${API}${list}`, look, (request) => getProjectRuns(request, served));
    app.get(one, look, (request) => getRunStatus(request, served));
    app.delete(one, { config: { auth: "run" } }, (request, reply) =>
      cancelOneRun(request, reply, served),
    );
  }
}

async function runProject(request: FastifyRequest, reply: FastifyReply, served: Served) {
  checkProject(request, served);
  const caller = needCaller(request);
  served.runLimit.take(caller.id);
  const body = parseRunBody(request.body);
  const idempotencyKey = readKey(request.headers["idempotency-key"], caller);
  const run = await toRequest(body, served);
  const submission = { requestedBy: caller.name, idempotencyKey };
  const runId = body.dryRun ? newRunId() : await submit(run, submission, served);
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

async function submit(
  run: RunRequest,
  submission: { readonly requestedBy: string; readonly idempotencyKey: string | undefined },
  { runs, admission, metrics }: Served,
): Promise<string> {
  const { runId, isKnown } = await admission.admit(() => submitRun(runs, run, submission));
  if (!isKnown) metrics.countRun(run.context);
  return runId;
}

async function getRunStatus(request: FastifyRequest, served: Served) {
  const record = await findRecord(request, served);
  return toRunStatus(record, await toAround(request, served));
}

async function getProjectRuns(request: FastifyRequest, served: Served) {
  checkProject(request, served);
  const query = parseRunListQuery(request.query as Query);
  const { runs, hasMore } = await listRuns(served.records, query);
  const around = await toAround(request, served);
  const { limit, offset } = query;
  const toPage = (from: number) =>
    toUrl(request, `/projects/${served.projectId}/runs?${toPageQuery(query, from)}`, served);
  return {
    runs: runs.map((record) => toRunStatus(record, around)),
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

export const TRIGGER_FILTERS = [...HEX_TRIGGERS, "ALL"] as const;
/** Older runs are found by `statusFilter`. */
const MAX_OFFSET = 10_000;

/** The query of GetProjectRuns. @throws {HttpFailure} 400 */
function parseRunListQuery(query: Query) {
  return {
    limit: readWholeNumber(query, "limit", PAGE_LIMIT),
    offset: readWholeNumber(query, "offset", { from: 0, to: MAX_OFFSET, unless: 0 }),
    statusFilter: readWord(query, "statusFilter", HEX_STATUSES),
    runTriggerFilter: readWord(query, "runTriggerFilter", TRIGGER_FILTERS),
  };
}

type RunListQuery = ReturnType<typeof parseRunListQuery>;

/** A page of runs, the newest first. @throws {HexError} HEX_STORE_UNAVAILABLE */
async function listRuns(records: RunRecords, query: RunListQuery) {
  const { limit, offset, statusFilter, runTriggerFilter } = query;
  const isAny = runTriggerFilter === undefined || runTriggerFilter === "ALL";
  const state =
    statusFilter && RUN_STATES.find((each) => toHexStatus({ state: each }) === statusFilter);
  // A status that no run ever has.
  if (statusFilter !== undefined && state === undefined) return { runs: [], hasMore: false };
  const triggers = isAny
    ? undefined
    : RUN_TRIGGERS.filter((trigger) => toHexTrigger({ trigger }) === runTriggerFilter);
  const { runs } = await records.find({ state, triggers, offset, limit: limit + 1 });
  return { runs: runs.slice(0, limit), hasMore: runs.length > limit };
}

/** The query of the page that begins at an offset, with what else was asked for. */
function toPageQuery(query: RunListQuery, offset: number): string {
  const written = Object.entries({ ...query, offset }).flatMap(
    ([key, value]): [string, string][] => (value === undefined ? [] : [[key, String(value)]]),
  );
  return new URLSearchParams(written).toString();
}

/** The events of a run, as server-sent events until its end. */
export function addEventRoutes(app: FastifyInstance, served: Served): void {
  const streamRun = openRunStreams(app, served);
  // A HEAD request to an endless answer would wait for its end.
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

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { RUN_CONTEXTS } from "../../../cell/run-context.ts";
import type { RunList, ShownLog } from "../../../page/history-state.ts";
import { isRunId } from "../../../run/history/run-id.ts";
import type { LogLine } from "../../../run/history/run-log.ts";
import { RUN_STATES, type RunRecord } from "../../../run/history/run-record.ts";
import { readUuid } from "../../api/addresses.ts";
import { HttpFailure } from "../../http-failure.ts";
import {
  findUnknown,
  type LogCursor,
  parseEventId,
  passLine,
  toEventId,
} from "../../log-cursor.ts";
import { packLong } from "../../packing.ts";
import { type Query, readOne, readWholeNumber, readWord } from "../../query.ts";
import { openRunStreams } from "../../run-streams.ts";
import type { Served } from "../../served.ts";
import { stopRun } from "../../stop-run.ts";
import { toListedRun, toShownRun } from "./shown-run.ts";

const LIST = "/page/runs";
const ONE = `${LIST}/:runId`;
const TRIGGERS = ["cli", "page", "schedule", "api"] as const;

/** The history of runs: a list with filters, one run, its log, its events, and its cancellation. */
export function addHistoryRoutes(app: FastifyInstance, served: Served): void {
  const look = { config: { auth: "read" }, onSend: packLong } as const;
  const stop = { config: { auth: "run" } } as const;
  // Who asks for the head of an endless answer would wait for its end.
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
  const page = await records.list({
    context: readWord(query, "context", RUN_CONTEXTS),
    state: readWord(query, "state", RUN_STATES),
    trigger: readWord(query, "trigger", TRIGGERS),
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

/** @throws {HttpFailure} 400, 404 */
async function findRun({ params }: FastifyRequest, { records }: Served): Promise<RunRecord> {
  const { runId } = params as { readonly runId?: string };
  const record = await records.read(readUuid(runId, "run id"));
  if (record !== undefined) return record;
  throw new HttpFailure(404, "Expected the id of a run that history still keeps, got another");
}

async function toAround({ caller }: FastifyRequest, { project, now }: Served) {
  // Cells that cannot be read now do not keep anybody from looking back.
  const { cells } = await project.read().catch(() => ({ cells: [] }));
  return { caller, order: cells.map(({ name }) => name), nowMs: now() };
}

/** The log as a text to keep, or its lines from a place on. */
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

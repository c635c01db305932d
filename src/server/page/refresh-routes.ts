import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RunContext } from "../../cell/run-context.ts";
import { isToPublish } from "../../page/to-page-run.ts";
import { isFinal } from "../../run/history/run-record.ts";
import { submitRun } from "../../work/submit-run.ts";
import { readUuid } from "../api/addresses.ts";
import { toRunContext } from "../api/run-request.ts";
import { HttpFailure } from "../http-failure.ts";
import { stopRun } from "../run-records.ts";
import type { ServedPage } from "./served-page.ts";

const REFRESH = "/page/refresh";

/** A viewer who may has everything computed anew, and stops that again. */
export function addRefreshRoutes(app: FastifyInstance, page: ServedPage): void {
  const config = { auth: "run" } as const;
  let filing: Promise<unknown> = Promise.resolve();
  app.post(REFRESH, { config }, async (request, reply) => {
    // One after the other, so that of two viewers the second one finds the run of the first.
    const filed = filing.then(() => refresh(request, page));
    filing = filed.catch(() => undefined);
    return reply.code(202).send(await filed);
  });
  app.delete(`${REFRESH}/:runId`, { config }, async (request, reply) => {
    const { runId } = request.params as { readonly runId?: string };
    const record = await page.records.read(readUuid(runId, "run id"));
    if (record === undefined) {
      throw new HttpFailure(404, "Expected the id of a run that history still keeps, got another");
    }
    await stopRun(record, page);
    changed(page);
    return reply.code(204).send();
  });
}

/** Files a run that publishes, unless one waits or goes already; gives its id. */
async function refresh({ caller }: FastifyRequest, page: ServedPage) {
  if (caller === null) throw new Error("a route of the page has let somebody unknown in");
  const { runs, project, publishing, runLimit, admission, metrics } = page;
  const { cells } = await project.recent();
  const context = toRunContext(cells, { updatePublishedResults: true });
  // Before it is looked for a run that goes: one that another server files meanwhile is then either
  // seen there, or filed after the same newest run, and so under the same key.
  const idempotencyKey = await toKey(context, page);
  publishing.forget();
  // One in a terminal that may have died long ago is not waited for.
  const known = await publishing.readCertain(cells);
  if (known !== undefined) return { runId: known.runId };
  if (!isToPublish(cells, context)) {
    throw new HttpFailure(
      422,
      "Expected a project with cells that publish, got one in which nothing is computed ahead",
    );
  }
  runLimit.take(caller.id);
  const request = { context, trigger: "page", inputs: new Map() } as const;
  const by = { requestedBy: caller.name };
  const once = { ...by, idempotencyKey, keyOwner: REFRESH };
  const runId = await admission.admit(async () => {
    const first = await submitRun(runs, request, once);
    if (!first.isKnown || !(await hasEnded(first.runId, page))) return first.runId;
    // That of an earlier refresh, which a clock that is behind made look older than the newest run.
    return (await submitRun(runs, request, by)).runId;
  });
  metrics.countRun(context);
  changed(page);
  return { runId };
}

/**
 * What two servers of one store call a refresh that both file at the same moment; undefined where the
 * store may not be one that lets only the first of them write.
 */
async function toKey(context: RunContext, { runs, records }: ServedPage) {
  const { machines, store } = runs.config;
  if (machines === "one" && store.kind === "s3") return undefined;
  const [newest] = (await records.list({ limit: 1 })).runs;
  return JSON.stringify([context, newest?.runId ?? null]);
}

async function hasEnded(runId: string, { records }: ServedPage): Promise<boolean> {
  const record = await records.read(runId);
  return record !== undefined && isFinal(record.state);
}

/** Open pages get the change at once. */
function changed({ publishing, watch }: ServedPage): void {
  publishing.forget();
  watch.look();
}

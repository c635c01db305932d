import type { FastifyInstance, FastifyRequest } from "fastify";
import type { RunContext } from "../../cell/run-context.ts";
import { isToPublish } from "../../page/to-page-run.ts";
import { isFinal } from "../../run/history/run-record.ts";
import { submitRun } from "../../work/submit-run.ts";
import { findRun } from "../api/addresses.ts";
import { toRunContext } from "../api/run-request.ts";
import { needCaller } from "../caller.ts";
import { HttpFailure } from "../http-failure.ts";
import { stopRun } from "../run-records.ts";
import type { ServedPage } from "./served-page.ts";

const REFRESH = "/page/refresh";

/** Starts a run that computes everything anew for a viewer, and stops it again. */
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
    await stopRun(await findRun(request, page), page);
    changed(page);
    return reply.code(204).send();
  });
}

/** Files a run that publishes, unless one waits or goes already; gives its id. */
async function refresh(request: FastifyRequest, page: ServedPage) {
  const caller = needCaller(request);
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
  const run = { context, trigger: "page", inputs: new Map() } as const;
  const by = { requestedBy: caller.name };
  const once = { ...by, idempotencyKey, keyOwner: REFRESH };
  const runId = await admission.admit(async () => {
    const first = await submitRun(runs, run, once);
    if (!first.isKnown || !(await hasEnded(first.runId, page))) return first.runId;
    // That of an earlier refresh, which a clock that is behind made look older than the newest run.
    return (await submitRun(runs, run, by)).runId;
  });
  metrics.countRun(context);
  changed(page);
  return { runId };
}

/**
 * The key that two servers of one store have for a refresh that both file at the same moment; undefined where the
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

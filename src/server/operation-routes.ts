import type { FastifyInstance } from "fastify";
import { toMessage } from "../errors.ts";
import { orAborted } from "../or-aborted.ts";
import { openVersion } from "../store/version.ts";
import { refuseForNow } from "./http-failure.ts";
import type { Served } from "./served.ts";

/** Time limit of the store and the queue. */
const READY_LIMIT_MS = 5_000;
const RETRY_SECONDS = 5;

/** Routes for operators: health, readiness and metrics. */
export function addOperationRoutes(app: FastifyInstance, served: Served): void {
  app.get("/healthz", { config: { auth: "none" } }, async () => ({ status: "up" }));
  app.get("/readyz", { config: { auth: "read" } }, async () => {
    await checkReady(served);
    return { status: "ready" };
  });
  app.get("/metrics", { config: { auth: "read" } }, async (_request, reply) => {
    reply.type(served.registry.contentType);
    return served.registry.metrics();
  });
}

async function checkReady({ runs, log }: Served): Promise<void> {
  const signal = AbortSignal.timeout(READY_LIMIT_MS);
  try {
    await orAborted(Promise.all([openVersion(runs.store, { signal }), runs.queue.count()]), signal);
  } catch (thrown) {
    log({ level: "warn", event: "not-ready", message: toMessage(thrown) });
    throw refuseForNow(
      503,
      "Expected the store and the queue to answer, got a failure (the server's log tells more)",
      RETRY_SECONDS,
    );
  }
}

import type { FastifyInstance } from "fastify";
import { openRunStreams } from "../run-streams.ts";
import type { Served } from "../served.ts";
import { API } from "./addresses.ts";
import { findRecord } from "./find-record.ts";
import { toAround } from "./run-around.ts";
import { toRunStatus } from "./run-status.ts";

/** What happens in a run, as server-sent events until its end. */
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

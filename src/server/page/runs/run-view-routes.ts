import type { FastifyInstance } from "fastify";
import type { Served } from "../../served.ts";
import { addHistoryRoutes } from "./history-routes.ts";
import { addScheduleRoutes } from "./schedule-routes.ts";
import { addVersionRoutes } from "./version-routes.ts";

/** What the runs view asks for: the history of runs, the versions and the schedules. */
export function addRunViewRoutes(app: FastifyInstance, served: Served): void {
  addHistoryRoutes(app, served);
  addVersionRoutes(app, served);
  addScheduleRoutes(app, served);
}

import type { FastifyInstance } from "fastify";
import type { Served } from "../served.ts";
import { addCellRoutes } from "./cell-routes.ts";
import { addEventRoutes } from "./event-routes.ts";
import { addOpenApiRoutes } from "./openapi-routes.ts";
import { addOutputRoutes } from "./output-routes.ts";
import { addProjectRoutes } from "./project-routes.ts";
import { addRunRoutes } from "./run-routes.ts";
import { addUserRoutes } from "./user-routes.ts";

/** Hex's API for programs, version 1, and what we add to it: one file a group of routes. */
export function addApiRoutes(app: FastifyInstance, served: Served): void {
  addRunRoutes(app, served);
  addOutputRoutes(app, served);
  addEventRoutes(app, served);
  addProjectRoutes(app, served);
  addCellRoutes(app, served);
  addUserRoutes(app, served);
  addOpenApiRoutes(app, served);
}

import type { FastifyInstance } from "fastify";
import type { Served } from "../served.ts";
import { API } from "./addresses.ts";
import { toOpenApi } from "./openapi-document.ts";

/** What the API is, for programs that read such descriptions. */
export function addOpenApiRoutes(app: FastifyInstance, { runs }: Served): void {
  const document = toOpenApi(runs.config.name);
  app.get(`${API}/openapi.json`, { config: { auth: "read" } }, async () => document);
}

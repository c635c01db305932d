import type { FastifyInstance } from "fastify";
import type { TokenScope } from "../../project/tokens.ts";
import { type Caller, needCaller } from "../caller.ts";
import type { Served } from "../served.ts";
import { API } from "./addresses.ts";
import { addCellRoutes } from "./cell-routes.ts";
import { toOpenApi } from "./openapi-document.ts";
import { addOutputRoutes } from "./output-routes.ts";
import { addProjectRoutes } from "./project-routes.ts";
import { addEventRoutes, addRunRoutes } from "./run-routes.ts";

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

const ROLES: Readonly<Record<TokenScope, string>> = {
  read: "EXPLORER",
  run: "EDITOR",
  admin: "ADMIN",
};

/** Who the caller is: a token, since there are no people here. */
function addUserRoutes(app: FastifyInstance, { projectId }: Served): void {
  const config = { auth: "read", errors: "message" } as const;
  app.get(`${API}/users/me`, { config }, async (request) => toUser(needCaller(request), projectId));
}

function toUser({ name, scopes, token }: Caller, projectId: string) {
  const highest = (["admin", "run", "read"] as const).find((scope) => scopes.includes(scope));
  return {
    // Without a token the caller is on this machine; the project's id stands in.
    id: token?.id ?? projectId,
    name,
    email: "nobody@hex-runtime.invalid",
    role: ROLES[highest ?? "read"],
    org: { id: projectId },
    ...(token === undefined ? {} : { token: { exp: token.expiresAt } }),
  };
}

/** The OpenAPI document. */
function addOpenApiRoutes(app: FastifyInstance, { runs }: Served): void {
  const document = toOpenApi(runs.config.name);
  app.get(`${API}/openapi.json`, { config: { auth: "read" } }, async () => document);
}

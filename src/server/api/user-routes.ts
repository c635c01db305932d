import type { FastifyInstance } from "fastify";
import type { TokenScope } from "../../project/tokens.ts";
import type { Caller } from "../caller.ts";
import type { Served } from "../served.ts";
import { API } from "./addresses.ts";

const ROLES: Readonly<Record<TokenScope, string>> = {
  read: "EXPLORER",
  run: "EDITOR",
  admin: "ADMIN",
};

/** Who the caller is: a token, since there are no people here. */
export function addUserRoutes(app: FastifyInstance, { projectId }: Served): void {
  const config = { auth: "read", errors: "message" } as const;
  app.get(`${API}/users/me`, { config }, async ({ caller }) => {
    if (caller === null) throw new Error("a route about the caller has let somebody unknown in");
    return toUser(caller, projectId);
  });
}

function toUser({ name, scopes, token }: Caller, projectId: string) {
  const highest = (["admin", "run", "read"] as const).find((scope) => scopes.includes(scope));
  return {
    // Without a token it is somebody on the server's machine, whom the project stands for.
    id: token?.id ?? projectId,
    name,
    email: "nobody@hex-runtime.invalid",
    role: ROLES[highest ?? "read"],
    org: { id: projectId },
    ...(token === undefined ? {} : { token: { exp: token.expiresAt } }),
  };
}

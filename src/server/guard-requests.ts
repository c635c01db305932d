import type { FastifyInstance, FastifyReply } from "fastify";
import type { ServerSettings } from "../project/server-settings.ts";
import { checkScope, findCaller, refuseTokenInUrl } from "./caller.ts";
import { checkHost } from "./hosts.ts";
import type { RateLeft, RateLimit } from "./rate-limit.ts";
import type { TokenCache } from "./token-cache.ts";

export interface GuardRequestsOptions {
  readonly settings: ServerSettings;
  readonly tokens: TokenCache;
  readonly limit: RateLimit;
}

/** What every request passes before its route sees it; addresses without a route are no exception. */
export function guardRequests(
  app: FastifyInstance,
  { settings, tokens, limit }: GuardRequestsOptions,
): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    const { auth = "read" } = request.routeOptions.config;
    if (auth === "none") return;
    checkHost(request.headers, settings);
    refuseTokenInUrl(request);
    const caller = await findCaller(request, { tokens, host: settings.host });
    request.caller = caller;
    tellLeft(limit.take(caller.id), reply);
    checkScope(caller, auth);
  });
}

function tellLeft({ most, left, resetSeconds }: RateLeft, reply: FastifyReply): void {
  reply.headers({
    "x-ratelimit-limit": most,
    "x-ratelimit-remaining": left,
    "x-ratelimit-reset": resetSeconds,
  });
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ServerSettings } from "../project/server-settings.ts";
import { type Caller, checkScope, isPageRoute, refuseTokenInUrl } from "./caller.ts";
import { checkHost, refuseOtherSites, refuseWholeAddress } from "./hosts.ts";
import type { RateLeft, RateLimit } from "./rate-limit.ts";

export interface GuardRequestsOptions {
  readonly settings: ServerSettings;
  /** @throws {HttpFailure} 401 */
  readonly findCaller: (request: FastifyRequest) => Promise<Caller>;
  readonly limit: RateLimit;
  /** of those who look at the page */
  readonly pageLimit: RateLimit;
}

/** What every request passes before its route sees it; addresses without a route are no exception. */
export function guardRequests(
  app: FastifyInstance,
  { settings, findCaller, limit, pageLimit }: GuardRequestsOptions,
): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    refuseWholeAddress(request.url);
    const { auth = "read" } = request.routeOptions.config;
    if (auth === "none") return;
    checkHost(request.headers, settings);
    refuseTokenInUrl(request);
    const isPage = isPageRoute(request);
    if (isPage) refuseOtherSites(request.headers);
    const caller = await findCaller(request);
    request.caller = caller;
    tellLeft((isPage ? pageLimit : limit).take(caller.id), reply);
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

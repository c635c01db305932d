import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type HTTPMethods,
} from "fastify";
import { expectation, toMessage } from "../errors.ts";
import type { Redact } from "../run/redact/redactor.ts";
import {
  type Caller,
  checkScope,
  isPageRoute,
  refuseTokenInUrl,
  requireDeclaredAuth,
} from "./caller.ts";
import { checkHost, type HostSettings, refuseOtherSites, refuseWholeAddress } from "./hosts.ts";
import {
  answerFailures,
  answerLayerFailures,
  HttpFailure,
  refuseFaultyRequest,
} from "./http-failure.ts";
import { readJsonBodies } from "./json-body.ts";
import type { RateLeft, RateLimit, RequestGate } from "./limits.ts";
import { parseQuery } from "./query.ts";
import type { Log } from "./request-log.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import { watchRequests } from "./watch-requests.ts";

/** How long a client may take; milliseconds. */
export interface ClientTimes {
  /** for the headers of a request */
  readonly headersMs: number;
  /** for all of a request */
  readonly requestMs: number;
  /** until something moves on its connection */
  readonly idleMs: number;
  /** for an answer */
  readonly takeMs: number;
}

const CLIENT_TIMES: ClientTimes = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
  takeMs: 30_000,
};
/** How often slow clients are looked for. */
const LOOK_MS = 1_000;
const LONGEST_PARAMETER = 100;

/** Identifies callers and limits each of them. */
interface CallerGuard {
  /** @throws {HttpFailure} 401 */
  readonly find: (request: FastifyRequest) => Caller | Promise<Caller>;
  readonly limit: RateLimit;
  /** of routes of the page */
  readonly pageLimit: RateLimit;
}

export interface AppOptions {
  readonly settings: HostSettings;
  /** undefined: everyone on this machine may do everything */
  readonly callers: CallerGuard | undefined;
  readonly gate: RequestGate;
  readonly metrics: ServerMetrics;
  readonly log: Log;
  readonly redact: Redact;
  readonly clientTimes?: Partial<ClientTimes> | undefined;
  readonly addRoutes: (app: FastifyInstance) => void;
}

/** Routes behind one set of guards: limits, callers, hosts, bodies, failures and methods. */
export function openApp(options: AppOptions): FastifyInstance {
  const { gate, metrics, log, redact, addRoutes } = options;
  const { headersMs, requestMs, idleMs, takeMs } = { ...CLIENT_TIMES, ...options.clientTimes };
  const app = fastify({
    logger: false,
    connectionTimeout: idleMs,
    requestTimeout: requestMs,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: LOOK_MS },
    requestIdHeader: false,
    genReqId: toRequestId,
    frameworkErrors: answerLayerFailures,
    clientErrorHandler: refuseFaultyRequest,
    routerOptions: { querystringParser: parseQuery, maxParamLength: LONGEST_PARAMETER },
  });
  requireDeclaredAuth(app);
  readJsonBodies(app);
  watchRequests(app, { gate, metrics, log, takeMs });
  guardRequests(app, options);
  answerFailures(app, { redact, log });
  refuseOtherMethods(app, () => addRoutes(app));
  return app;
}

/** Listens, and gives the address. @throws {HexError} HEX_USAGE when it cannot be had */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  {
    place,
    address,
    hint,
  }: { readonly place: string; readonly address: string; readonly hint: string },
): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const got = `${address}, ${(cause as NodeJS.ErrnoException).code ?? toMessage(cause)}`;
    throw expectation("HEX_USAGE", { place, expected: "one that is free", got, hint }, { cause });
  }
  const { address: given, family, port: own } = app.server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${given}]` : given}:${own}`;
}

const REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The caller's own id of a request, where it is harmless. */
function toRequestId({ headers }: IncomingMessage): string {
  const { "x-request-id": given } = headers;
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Checks every request before its route sees it, also at addresses without a route. */
function guardRequests(
  app: FastifyInstance,
  { settings, callers }: Pick<AppOptions, "settings" | "callers">,
): void {
  app.decorateRequest("caller", null);
  const check = (request: FastifyRequest, reply: FastifyReply): undefined | Promise<void> => {
    refuseWholeAddress(request.url);
    const { auth = "read" } = request.routeOptions.config;
    if (callers !== undefined && auth === "none") return undefined;
    checkHost(request.headers, settings);
    if (callers !== undefined) refuseTokenInUrl(request);
    const isPage = isPageRoute(request);
    if (isPage) refuseOtherSites(request.headers);
    if (callers === undefined || auth === "none") return undefined;
    const admit = (caller: Caller) => {
      request.caller = caller;
      setRateHeaders((isPage ? callers.pageLimit : callers.limit).take(caller.id), reply);
      checkScope(caller, auth);
    };
    const found = callers.find(request);
    if (found instanceof Promise) return found.then(admit);
    admit(found);
    return undefined;
  };
  app.addHook("onRequest", (request, reply, done) => goOn(() => check(request, reply), done));
}

/** Carries out a hook that waits only where it has to: a promise costs more than most of what it does. */
function goOn(act: () => undefined | Promise<void>, done: (error?: Error) => void): void {
  let waiting: undefined | Promise<void>;
  try {
    waiting = act();
  } catch (thrown) {
    done(thrown as Error);
    return;
  }
  if (waiting === undefined) done();
  else waiting.then(() => done(), done);
}

function setRateHeaders({ most, left, resetSeconds }: RateLeft, reply: FastifyReply): void {
  reply.headers({
    "x-ratelimit-limit": most,
    "x-ratelimit-remaining": left,
    "x-ratelimit-reset": resetSeconds,
  });
}

/** Adds routes, and answers other methods at their addresses with 405. */
function refuseOtherMethods(app: FastifyInstance, addRoutes: () => void): void {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methods.set(url, known);
  });
  addRoutes();
  for (const [url, allowed] of [...methods]) {
    const list = [...allowed].join(", ");
    const others = app.supportedMethods.filter((method) => !allowed.has(method));
    app.route({
      method: others as HTTPMethods[],
      url,
      config: { auth: "read" },
      handler: async () => {
        throw new HttpFailure(405, `Expected one of the methods ${list}, got another`, {
          headers: { allow: list },
        });
      },
    });
  }
}

import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { TOKEN_FORM, type TokenRecord, type TokenScope } from "../project/tokens.ts";
import { type HostSettings, isLoopback } from "./hosts.ts";
import { type ErrorFamily, HttpFailure } from "./http-failure.ts";
import { parseQuery } from "./query.ts";
import type { TokenCache } from "./token-cache.ts";

/** What a route asks of its caller; `none` is for what everybody may know. */
type RouteAuth = "none" | TokenScope;

/** Who asks: a token, or somebody on this machine while the project has no token yet. */
export interface Caller {
  /** tells callers apart: the token's id, or `loopback` */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** undefined where none is needed */
  readonly token: TokenRecord | undefined;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** must be declared by every route */
    auth?: RouteAuth;
    /** the shape of its error bodies; `reason` unless told */
    errors?: ErrorFamily;
  }
  interface FastifyRequest {
    /** null until the caller is known, and on routes that ask for none */
    caller: Caller | null;
  }
}

/** Refuses to start with a route that does not say who may call it. */
export function requireDeclaredAuth(app: FastifyInstance): void {
  app.addHook("onRoute", ({ method, url, config }: RouteOptions) => {
    if (config?.auth !== undefined) return;
    throw new Error(`The route ${String(method)} ${url} declares no \`config.auth\``);
  });
}

/** Who may call without a token: nobody, unless the server listens on this machine alone. */
export interface CallerOptions extends Pick<HostSettings, "host"> {
  readonly tokens: TokenCache;
}

/**
 * Finds out who asks.
 * @throws {HttpFailure} 401; HexError HEX_STORE_UNAVAILABLE
 */
export async function findCaller(
  request: FastifyRequest,
  { tokens, host }: CallerOptions,
): Promise<Caller> {
  const token = readToken(request.headers.authorization);
  const { hasTokens, record } = await tokens.find(token);
  if (record !== undefined) {
    const { id, name, scopes } = record;
    return { id, name, scopes, token: record };
  }
  if (!hasTokens && isLoopback(host) && isFromHere(request)) return LOOPBACK;
  throw new HttpFailure(
    401,
    "Expected the Authorization header to hold `Bearer` and a token that is good, got none (`hex token create` makes one)",
    { headers: { "www-authenticate": "Bearer" } },
  );
}

/** Whether a caller may do what a route asks for. @throws {HttpFailure} 403 */
export function checkScope(caller: Caller, auth: TokenScope): void {
  if (mayDo(caller, auth)) return;
  throw new HttpFailure(
    403,
    `Expected a token with the scope ${auth}, got one with ${caller.scopes.join(", ") || "none"}`,
  );
}

/** Whether a caller may do what asks for a scope. */
export function mayDo({ scopes }: Caller, auth: TokenScope): boolean {
  return scopes.some((scope) => ALLOWS[scope].includes(auth));
}

/**
 * Refuses a token in the address, where logs, histories and other sites would see it.
 * @throws {HttpFailure} 400
 */
export function refuseTokenInUrl({ url }: FastifyRequest): void {
  // Where there is no route, the request has not read its query by our rule.
  const query = parseQuery(/\?(.*)$/s.exec(url)?.[1] ?? "");
  const isNamed = Object.keys(query).some((key) => TOKEN_KEYS.test(key));
  const isThere = Object.values(query).some((values) => values.some((each) => TOKEN.test(each)));
  if (!isNamed && !isThere) return;
  throw new HttpFailure(
    400,
    "Expected a token in the Authorization header only, got one in the address (it may be known to others now: revoke it)",
  );
}

const TOKEN_KEYS = /^(access_?token|auth|authorization|api_?key|bearer|token)$/i;
const TOKEN = /hxt[pw]_/i;

/** What a token of each scope may do. */
const ALLOWS: Readonly<Record<TokenScope, readonly TokenScope[]>> = {
  read: ["read"],
  run: ["read", "run"],
  admin: ["read", "run", "admin"],
};

const LOOPBACK: Caller = {
  id: "loopback",
  name: "loopback",
  scopes: ["admin"],
  token: undefined,
};

/** What a proxy leaves in the requests of others. */
const PROXY_HEADERS = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** The host was checked before; a name other than this machine's own is another's door to it. */
function isFromHere({ headers, ip }: FastifyRequest): boolean {
  const isDirect = PROXY_HEADERS.every((name) => headers[name] === undefined);
  return isDirect && isLoopback(headers.host ?? "") && isLoopback(ip.replace(/^::ffff:/, ""));
}

/** The token of the header, when it has a token's form. */
function readToken(header: string | undefined): string | undefined {
  const token = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(header ?? "")?.[1];
  return token !== undefined && TOKEN_FORM.test(token) ? token : undefined;
}

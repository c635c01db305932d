import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import { TOKEN_FORM, type TokenRecord, type TokenScope } from "../project/tokens.ts";
import { type HostSettings, isForHere, isLoopback, toNetwork } from "./hosts.ts";
import { type ErrorFamily, HttpFailure } from "./http-failure.ts";

import { parseQuery } from "./query.ts";
import type { TokenCache, TokenLookup } from "./token-cache.ts";

/**
 * The access that a route requires: `none` for public routes, `view` for those of the page, which the
 * config may open to anyone.
 */
type RouteAuth = "none" | "view" | TokenScope;

/**
 * The caller: a token, somebody on this machine while the project has no token yet, or anyone who
 * looks at a page that is open to all.
 */
export interface Caller {
  /** identifies the caller: the token's id, `loopback`, or `anyone` and an address */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  /** undefined where none is needed */
  readonly token: TokenRecord | undefined;
  /** whether the token came with the cookie of a page */
  readonly isSignedIn?: true;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** must be declared by every route */
    auth?: RouteAuth;
    /** the shape of its error bodies; default `reason` */
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

/** Who may call without a token: nobody, unless the server is for this machine alone. */
export interface CallerOptions extends HostSettings {
  readonly tokens: TokenCache;
  /** name of the cookie in which browsers keep a token; routes of the page alone take it */
  readonly cookie: string;
  /** who may look at the page */
  readonly access: "token" | "anyone";
}

/**
 * Finds the caller, at once while the tokens are fresh.
 * @throws {HttpFailure} 401; HexError HEX_STORE_UNAVAILABLE
 */
export function findCaller(
  request: FastifyRequest,
  options: CallerOptions,
): Caller | Promise<Caller> {
  const { authorization: header, cookie: cookies } = request.headers;
  const isPage = isPageRoute(request);
  const cookie = isPage && header === undefined ? readCookie(cookies, options.cookie) : undefined;
  const found = options.tokens.find(readToken(header) ?? toToken(cookie));
  const shown = { header, cookie, isPage };
  if (!(found instanceof Promise)) return toCaller(request, found, shown, options);
  return found.then((lookup) => toCaller(request, lookup, shown, options));
}

interface Shown {
  readonly header: string | undefined;
  readonly cookie: string | undefined;
  readonly isPage: boolean;
}

function toCaller(
  request: FastifyRequest,
  { made, doubt, record }: TokenLookup,
  { header, cookie, isPage }: Shown,
  options: CallerOptions,
): Caller {
  if (record !== undefined) {
    const { id, name, scopes } = record;
    const signedIn = cookie === undefined ? {} : ({ isSignedIn: true } as const);
    return { id, name, scopes, token: record, ...signedIn };
  }
  if (made === "never" && isForHere(options) && isFromHere(request)) return LOOPBACK;
  if (isPage && header === undefined && options.access === "anyone") return toAnyone(request);
  throw new HttpFailure(
    401,
    doubt ??
      (isPage
        ? "Expected a viewer who has signed in with a token that is good, got another (`hex token create` makes one)"
        : "Expected the Authorization header to hold `Bearer` and a token that is good, got none (`hex token create` makes one)"),
    { headers: { "www-authenticate": "Bearer" } },
  );
}

/**
 * The viewer of a page that is opened, where none needs a token: browsers send theirs to the routes of
 * the page alone, and not to its address. Undefined where the page's own requests are to tell.
 */
export async function findOpenViewer(
  request: FastifyRequest,
  options: CallerOptions,
): Promise<Caller | undefined> {
  if (request.headers.authorization !== undefined) return undefined;
  const { made } = await options.tokens.find(undefined);
  if (made === "never" && isForHere(options) && isFromHere(request)) return LOOPBACK;
  return options.access === "anyone" ? toAnyone(request) : undefined;
}

/** Whether only pages of our own use a route. */
export function isPageRoute({ routeOptions: { url = "" } }: FastifyRequest): boolean {
  return url.startsWith("/page/") || url.startsWith("/notebook/");
}

/** Whether a caller may do what a route asks for. @throws {HttpFailure} 401, 403 */
export function checkScope(caller: Caller, auth: Exclude<RouteAuth, "none">): void {
  if (auth === "view" || mayDo(caller, auth)) return;
  if (isAnyone(caller)) {
    throw new HttpFailure(401, `Expected a viewer who has signed in for this, got anyone`, {
      headers: { "www-authenticate": "Bearer" },
    });
  }
  throw new HttpFailure(
    403,
    `Expected a token with the scope ${auth}, got one with ${caller.scopes.join(", ") || "none"}`,
  );
}

/** The caller of a route that lets nobody unknown in. */
export function needCaller({ caller, routeOptions }: FastifyRequest): Caller {
  if (caller === null) throw new Error(`${routeOptions.url} has let somebody unknown in`);
  return caller;
}

/** Whether a caller may do what requires a scope. */
export function mayDo({ scopes }: Caller, auth: TokenScope): boolean {
  return scopes.some((scope) => ALLOWS[scope].includes(auth));
}

/**
 * Refuses a token in the address, where logs, histories and other sites would see it.
 * @throws {HttpFailure} 400
 */
export function refuseTokenInUrl({ url }: FastifyRequest): void {
  const mark = url.indexOf("?");
  if (mark < 0) return;
  // Where there is no route, the request has not read its query by our rule.
  const query = parseQuery(url.slice(mark + 1));
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

/** The scopes that each scope includes. */
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

/** Looks, and may do nothing else. */
function toAnyone({ ip }: FastifyRequest): Caller {
  return { id: `anyone ${toNetwork(ip)}`, name: "anyone", scopes: [], token: undefined };
}

/** Whether somebody looks at a page who has not signed in. */
export function isAnyone({ scopes, token }: Caller): boolean {
  return scopes.length === 0 && token === undefined;
}

/** Headers that a proxy adds. */
const PROXY_HEADERS = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/** The host was checked before; a name other than this machine's own is another's door to it. */
function isFromHere({ headers, ip }: FastifyRequest): boolean {
  const isDirect = PROXY_HEADERS.every((name) => headers[name] === undefined);
  return isDirect && isLoopback(headers.host ?? "") && isLoopback(ip.replace(/^::ffff:/, ""));
}

/** The token of the header, when it has a token's form. */
function readToken(header: string | undefined): string | undefined {
  return toToken(/^Bearer +([\x21-\x7e]{1,200})$/i.exec(header ?? "")?.[1]);
}

function toToken(text: string | undefined): string | undefined {
  return text !== undefined && TOKEN_FORM.test(text) ? text : undefined;
}

/** How long a browser keeps a token, which may end sooner by itself. */
const KEEP_SECONDS = 30 * 86_400;

/** The name is the project's own: servers on other ports of a host share its cookies. */
export function toCookieName(projectId: string): string {
  return `hex_${projectId.replaceAll("-", "")}`;
}

/** The value of a cookie out of the header; undefined when it is not in it. @internal */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const start = `${name}=`;
  const found = (header ?? "").split(";").find((each) => each.trim().startsWith(start));
  return found?.trim().slice(start.length);
}

export interface CookieOptions {
  readonly name: string;
  /** whether browsers send it over HTTPS alone */
  readonly isSecure: boolean;
}

/** The header that makes a browser keep a token where no script can read it. */
export function toCookie(token: string, options: CookieOptions): string {
  return toHeader(token, KEEP_SECONDS, options);
}

/** The header that makes a browser forget it. */
export function toNoCookie(options: CookieOptions): string {
  return toHeader("", 0, options);
}

/** Sent to the page's own routes alone, and never with what another site asks for. */
function toHeader(value: string, maxAge: number, { name, isSecure }: CookieOptions): string {
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${value}; Path=/page; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
}

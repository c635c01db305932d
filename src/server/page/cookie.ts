/** How long a browser keeps a token, which may end sooner by itself. */
const KEEP_SECONDS = 30 * 86_400;

/** The name is the project's own: servers on other ports of a host share its cookies. */
export function toCookieName(projectId: string): string {
  return `hex_${projectId.replaceAll("-", "")}`;
}

/** The value of a cookie out of the header; undefined when it is not in it. */
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

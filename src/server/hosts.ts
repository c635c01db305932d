import { isIP } from "node:net";
import type { ServerSettings } from "../project/server-settings.ts";
import { HttpFailure } from "./http-failure.ts";

/** Whether an address or host name means this machine and no other. */
export function isLoopback(host: string): boolean {
  const name = toHostName(host);
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

/**
 * Whether a server is for its own machine alone: it listens there, and the config names no host by
 * which others reach it, as through a proxy, whose requests come from this machine, too.
 */
export function isForHere({ host, publicUrl, allowedHosts }: HostSettings): boolean {
  return isLoopback(host) && publicUrl === undefined && allowedHosts.length === 0;
}

/** The headers that say whom a request is meant for and where it comes from. */
export interface HostHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

/**
 * Refuses an address that names a host itself, as requests to a proxy do: it would count for more than
 * the Host header.
 *
 * @throws {HttpFailure} 400
 */
export function refuseWholeAddress(url: string): void {
  if (url.startsWith("/")) return;
  throw new HttpFailure(
    400,
    "Expected the address of a request to begin with a slash, got another",
  );
}

/**
 * Refuses a request that was meant for another host, as one is whose name was made to lead here, and
 * one that a page of another site sends.
 *
 * @throws {HttpFailure} 421, 403
 */
export function checkHost({ host, origin }: HostHeaders, settings: HostSettings): void {
  if (host === undefined || !isServed(host, settings)) {
    throw new HttpFailure(
      421,
      "Expected the Host header to name this server, got another name (list it under `server.allowedHosts`)",
    );
  }
  if (origin !== undefined && !isOwn(origin, host, settings)) {
    throw new HttpFailure(403, "Expected no request from a page of another site, got one");
  }
}

/**
 * Refuses what a page of another site makes a browser ask for, be it by a picture or a form.
 * @throws {HttpFailure} 403
 */
export function refuseOtherSites(headers: { readonly [name: string]: unknown }): void {
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return;
  throw new HttpFailure(403, "Expected no request from a page of another site, got one");
}

/** An address as one caller has many of them: of IPv6, its network. */
export function toNetwork(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
  return isIP(plain) === 6 ? toGroups(plain).slice(0, 4).join(":") : plain;
}

/** The eight numbers of an IPv6 address; of two colons in a row, the zeros that they stand for. */
function toGroups(address: string): readonly string[] {
  const [start = [], end = []] = address
    .split("::")
    .map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => "0");
  return [...start, ...zeros, ...end];
}

/** How the server is reached, as far as the request shows; no slash at the end. */
export function toBaseUrl(host: string, { publicUrl }: Pick<HostSettings, "publicUrl">): string {
  // Some clients take no URL whose host has no dot.
  return publicUrl ?? `http://${host.replace(/^localhost(?=:|$)/, "127.0.0.1")}`;
}

export type HostSettings = Pick<ServerSettings, "host" | "publicUrl" | "allowedHosts">;

/** An address cannot be made to lead elsewhere, as a name can. */
function isServed(host: string, { host: own, publicUrl, allowedHosts }: HostSettings): boolean {
  const name = toHostName(host);
  const known = [
    own.toLowerCase(),
    ...allowedHosts,
    publicUrl && toHostName(new URL(publicUrl).host),
  ];
  return isIP(name) !== 0 || isLoopback(host) || known.includes(name);
}

function isOwn(origin: string, host: string, { publicUrl }: HostSettings): boolean {
  const own = publicUrl === undefined ? `http://${host}` : new URL(publicUrl).origin;
  return origin.toLowerCase() === own.toLowerCase();
}

/** The name in a Host header, without its port and brackets, in small letters; empty when it is none. */
function toHostName(host: string): string {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+|[0-9a-f:]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain ?? "").toLowerCase();
}

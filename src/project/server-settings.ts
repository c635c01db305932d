import * as v from "valibot";

/** How `hex serve` listens, and what it allows. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** how browsers and programs name the server when a proxy stands before it; no slash at the end */
  readonly publicUrl: string | undefined;
  /** names of hosts under which it answers, besides its own address and that of `publicUrl` */
  readonly allowedHosts: readonly string[];
  readonly limits: ServerLimits;
}

/** @internal */
export interface ServerLimits {
  /** of one token */
  readonly requestsPerMinute: number;
  /** of one viewer of the page, whose inputs ask at every move */
  readonly pageRequestsPerMinute: number;
  /** of one token, as is the next */
  readonly runsPerMinute: number;
  readonly runsPerHour: number;
  /** so many runs wait or go when the next one is refused */
  readonly runsAtOnce: number;
  /** so many requests are being answered when the next one is refused */
  readonly requestsAtOnce: number;
}

const COUNT_RULE = "a whole number from 1 to 1000000";
const HOST_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const HOST_RULE = "a host name in small letters, without a port";
const URL_RULE = "an http or https address without path, such as https://hex.example.com";

const count = v.pipe(
  v.number(COUNT_RULE),
  v.integer(COUNT_RULE),
  v.minValue(1, COUNT_RULE),
  v.maxValue(1_000_000, COUNT_RULE),
);

/** The rules of `server` in hex.config.json. */
export const serverKey = v.strictObject({
  host: v.optional(
    v.pipe(
      v.string("an address"),
      v.minLength(1, "an address"),
      v.description("Address that the server listens on; others than this machine need tokens"),
    ),
  ),
  port: v.optional(
    v.pipe(
      v.number("a port"),
      v.integer("a port"),
      v.minValue(0, "a port from 0 to 65535"),
      v.maxValue(65_535, "a port from 0 to 65535"),
      v.description("Port that the server listens on; 0 takes any that is free"),
    ),
  ),
  publicUrl: v.optional(
    v.pipe(
      v.string(URL_RULE),
      v.regex(/^https?:\/\/[^/?#\s@]+$/, URL_RULE),
      v.description("How others name the server, when a proxy stands before it"),
    ),
  ),
  allowedHosts: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(HOST_RULE), v.regex(HOST_NAME, HOST_RULE)), "a list of host names"),
      v.description("Host names under which the server answers besides its own"),
    ),
  ),
  limits: v.optional(
    v.pipe(
      v.strictObject({
        requestsPerMinute: v.optional(v.pipe(count, v.description("Requests of one token"))),
        pageRequestsPerMinute: v.optional(
          v.pipe(count, v.description("Requests of one viewer of the page")),
        ),
        runsPerMinute: v.optional(v.pipe(count, v.description("Runs that one token starts"))),
        runsPerHour: v.optional(v.pipe(count, v.description("Runs that one token starts"))),
        runsAtOnce: v.optional(v.pipe(count, v.description("Runs that wait or go"))),
        requestsAtOnce: v.optional(v.pipe(count, v.description("Requests being answered"))),
      }),
      v.description("What the server takes before it refuses"),
    ),
  ),
});

/** Fills in the defaults. */
export function toServerSettings(written: v.InferOutput<typeof serverKey>): ServerSettings {
  const { host = "127.0.0.1", port = 8787, publicUrl, allowedHosts = [], limits = {} } = written;
  const {
    requestsPerMinute = 600,
    pageRequestsPerMinute = 6_000,
    runsPerMinute = 20,
    runsPerHour = 60,
    runsAtOnce = 25,
    requestsAtOnce = 200,
  } = limits;
  return {
    host,
    port,
    publicUrl,
    allowedHosts,
    limits: {
      requestsPerMinute,
      pageRequestsPerMinute,
      runsPerMinute,
      runsPerHour,
      runsAtOnce,
      requestsAtOnce,
    },
  };
}

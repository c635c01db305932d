import * as v from "valibot";
import { expectation, HexError } from "../errors.ts";
import { shorten } from "../text.ts";

/** Where runs wait: in a file of the project, or on a Redis server that many machines share. */
export type QueueLocation = EmbeddedLocation | RedisLocation;

interface EmbeddedLocation {
  readonly kind: "embedded";
}

interface RedisLocation {
  readonly kind: "redis";
  /** `redis://host:port/database`, or `rediss:` for TLS; without user and password */
  readonly url: string;
  /** the names, never the values, of the project secrets that open it; none: it asks for none */
  readonly usernameSecret: string | undefined;
  readonly passwordSecret: string | undefined;
}

const URL_RULE = '"embedded", "redis://<host>:<port>/<database>" or "rediss://…" for TLS';
const SECRET_RULE = "the name of a project secret: letters, digits and _, no digit first";

const secretName = v.pipe(v.string(SECRET_RULE), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, SECRET_RULE));

/** The rules of a queue that is written as an object. */
const QueueSpec = v.strictObject(
  {
    url: v.pipe(v.string(URL_RULE), v.nonEmpty(URL_RULE)),
    username: v.optional(secretName),
    password: v.optional(secretName),
  },
  (issue) =>
    issue.expected === "never"
      ? "absent: queue knows url, and the names of secrets in username and password"
      : "given",
);

type QueueSpec = v.InferOutput<typeof QueueSpec>;

/**
 * Reads where runs wait, as `queue` in hex.config.json or `HEX_QUEUE` says it.
 *
 * @param place named by the faults, such as `HEX_QUEUE`
 * @throws {HexError} HEX_CONFIG_INVALID, one line a fault
 */
export function parseQueueLocation(written: unknown, place = "queue"): QueueLocation {
  if (typeof written === "string") return toLocation({ url: written }, place, place);
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw faultsError([fault(place, `${URL_RULE}, or an object with url`, written)]);
  }
  const parsed = v.safeParse(QueueSpec, written);
  if (parsed.success) return toLocation(parsed.output, place, `${place}.url`);
  throw faultsError(
    parsed.issues.map((issue) => {
      const key = v.getDotPath(issue);
      return fault(key === null ? place : `${place}.${key}`, issue.message, issue.input);
    }),
  );
}

function toLocation(spec: QueueSpec, place: string, urlPlace: string): QueueLocation {
  if (spec.url === "embedded") return toEmbedded(spec, place);
  const { username: usernameSecret, password: passwordSecret } = spec;
  const url = toRedisUrl(spec.url, urlPlace);
  if (usernameSecret !== undefined && passwordSecret === undefined) {
    throw faultsError([fault(`${place}.password`, "given when username is", undefined)]);
  }
  return { kind: "redis", url, usernameSecret, passwordSecret };
}

function toEmbedded(spec: QueueSpec, place: string): EmbeddedLocation {
  const unknownKeys = Object.entries(spec).filter(([key]) => key !== "url");
  if (unknownKeys.length === 0) return { kind: "embedded" };
  const expected = "absent for the embedded queue";
  throw faultsError(unknownKeys.map(([key, value]) => fault(`${place}.${key}`, expected, value)));
}

function toRedisUrl(written: string, place: string): string {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const database = url?.pathname.replace(/^\/$/, "") ?? "";
  const isRedis = url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== "";
  if (!isRedis || url.search + url.hash !== "" || !/^(\/\d{1,4})?$/.test(database)) {
    throw faultsError([fault(place, URL_RULE, written)]);
  }
  if (url.username + url.password !== "" || written.includes("@"))
    throw openPassword(place, written);
  return `${url.protocol}//${url.hostname}:${url.port || "6379"}${database}`;
}

function openPassword(place: string, written: string): HexError {
  return expectation("HEX_CONFIG_INVALID", {
    place: `\`${place}\``,
    expected: "a URL without user and password",
    got: printable(written),
    hint:
      'write {"url": "redis://…", "username": "NAME", "password": "NAME"} with the names of two ' +
      "project secrets instead",
  });
}

function fault(place: string, expected: string, got: unknown): HexError {
  return expectation("HEX_CONFIG_INVALID", {
    place: `\`${place}\``,
    expected,
    // The secret itself may stand where its name belongs.
    got: /(username|password)$/.test(place) && got !== undefined ? "another value" : printable(got),
  });
}

function faultsError(faults: readonly HexError[]): HexError {
  return new HexError("HEX_CONFIG_INVALID", faults.map(({ message }) => message).join("\n"));
}

/** A value for a message; user and password of a URL are not repeated. */
function printable(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = withoutUser(JSON.stringify(value));
  return shorten(json, 120);
}

function withoutUser(json: string): string {
  const start = json.indexOf("//");
  const end = json.lastIndexOf("@");
  return start === -1 || end < start ? json : `${json.slice(0, start)}//…${json.slice(end)}`;
}

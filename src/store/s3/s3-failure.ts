import { expectation } from "../../errors.ts";

/** Facts about a failed request to S3, for its message. */
export interface S3Place {
  /** `s3://bucket/prefix` */
  readonly location: string;
  readonly bucket: string;
  /** the server, as a host or URL */
  readonly server: string;
  readonly region: string;
}

/** The fields by which the SDK, Node's network and TLS tell what went wrong. */
interface Facts {
  readonly name: string;
  readonly code: string;
  readonly status: number | undefined;
  readonly isService: boolean;
  readonly message: string;
  /** how far our clock is ahead of the server's, where it says what time it has */
  readonly aheadMs: number | undefined;
}

/** Fields that the SDK and Node add to an error. */
interface ServiceFields {
  readonly code?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
  readonly ServerTime?: unknown;
}

/**
 * Tells a failure of the S3 client as HEX_STORE_UNAVAILABLE in a sentence; what is none, such as a
 * bug, comes back as it was. Only names and codes are repeated, never what a server wrote about the
 * request.
 */
export function toS3Failure(thrown: unknown, place: S3Place): unknown {
  const facts = toFacts(thrown);
  const failure =
    facts &&
    (clockFailure(facts, place) ??
      credentialFailure(facts, place) ??
      bucketFailure(facts, place) ??
      networkFailure(facts, place) ??
      serverFailure(facts, place));
  if (!failure) return thrown;
  return expectation("HEX_STORE_UNAVAILABLE", failure, { cause: thrown });
}

/**
 * Whether the same request may do better in a moment: the network failed, a server had trouble or was
 * busy with the same object, or it has told us the time.
 */
export function isTransient(thrown: unknown): boolean {
  const facts = toFacts(thrown);
  if (facts === undefined) return false;
  const { status, name, code } = facts;
  if (status === undefined) return code !== "" || name === "TimeoutError";
  const isPassing = PASSING_STATUSES.has(status) || name === "RequestTimeout";
  return status >= 500 || isPassing || isClockRefusal(thrown);
}

/** no answer in time, another write at the same moment, too many requests */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 429]);

const CLOCK_NAMES: ReadonlySet<string> = new Set([
  "RequestTimeTooSkewed",
  "RequestExpired",
  "RequestInTheFuture",
]);

/** Whether a server refused a request, of which it did nothing, because our clock is too far from its own. */
export function isClockRefusal(thrown: unknown): boolean {
  return CLOCK_NAMES.has(toFacts(thrown)?.name ?? "");
}

/** Names that a server may give to the refusal of a condition that it does not know. */
const UNSUPPORTED_NAMES = new Set(["NotImplemented", "InvalidArgument", "InvalidRequest"]);

/** Whether a server said that it does not know what a request asks of it, however often it is asked. */
export function saysUnsupported(thrown: unknown): boolean {
  const { status, name = "" } = toFacts(thrown) ?? {};
  return status === 501 || (status === 400 && UNSUPPORTED_NAMES.has(name));
}

function credentialFailure({ name, status }: Facts, { location, server }: S3Place) {
  const secret = `the secret access key for ${location}`;
  switch (name) {
    case "CredentialsProviderError":
      return {
        place: `the credentials for ${location}`,
        expected: "set",
        got: "none in the environment, the AWS profile or the machine's role",
        hint:
          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name two secrets of the project in " +
          "`store.accessKeyIdSecret` and `store.secretAccessKeySecret`",
      };
    case "InvalidAccessKeyId":
      return {
        place: `the access key id for ${location}`,
        expected: `known to ${server}`,
        got: name,
        hint: "correct AWS_ACCESS_KEY_ID, or the secret that `store.accessKeyIdSecret` names",
      };
    case "SignatureDoesNotMatch":
      return {
        place: secret,
        expected: "the one that belongs to its access key id",
        got: name,
        hint: "correct AWS_SECRET_ACCESS_KEY, or the secret that `store.secretAccessKeySecret` names",
      };
    case "ExpiredToken":
    case "InvalidToken":
    case "TokenRefreshRequired":
      return {
        place: `the session token for ${location}`,
        expected: "valid",
        got: name,
        hint: "sign in again, or renew AWS_SESSION_TOKEN",
      };
    default:
      if (name !== "AccessDenied" && status !== 401 && status !== 403) return undefined;
      return {
        place: `the access to ${location}`,
        expected: "allowed for these credentials",
        got: name,
        hint: "allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there, or use other credentials",
      };
  }
}

const REGION_NAMES = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

function clockFailure({ name, aheadMs }: Facts, { server }: S3Place) {
  if (!CLOCK_NAMES.has(name)) return undefined;
  const far = aheadMs === undefined ? "too far from it" : toClockError(aheadMs);
  return {
    place: "the clock of this machine",
    expected: `within 15 minutes of the one of ${server}`,
    got: `one that is ${far} (${name})`,
    hint: "set the clock and its zone, and let the system keep it right (NTP)",
  };
}

/** How far a clock is from another one, for people. */
export function toClockError(aheadMs: number): string {
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  const rest = `${minutes % 60} min`;
  const distance = minutes < 60 ? rest : `${Math.floor(minutes / 60)} h ${rest}`;
  return `${distance} ${aheadMs > 0 ? "ahead" : "behind"}`;
}

function bucketFailure(
  { name, status, message }: Facts,
  { bucket, location, server, region }: S3Place,
) {
  if (name === "NoSuchBucket") {
    return {
      place: `the bucket \`${bucket}\``,
      expected: `there at ${server}`,
      got: name,
      hint: "create it, or correct `store` in hex.config.json",
    };
  }
  if (REGION_NAMES.has(name) || status === 301 || status === 307) {
    return {
      place: `the region for ${location}`,
      expected: `the one of the bucket \`${bucket}\``,
      got: `${region}, which ${server} answered with ${name}`,
      hint: "set `store.region` or AWS_REGION to the bucket's region",
    };
  }
  if (/^Region is missing$/i.test(message)) {
    return {
      place: `the region for ${location}`,
      expected: "set",
      got: "none",
      hint: "set `store.region` or AWS_REGION to the bucket's region",
    };
  }
  return undefined;
}

const NETWORK_CODES: Readonly<Record<string, readonly [got: string, hint: string]>> = {
  ECONNREFUSED: ["nothing listens there", "start the server, or correct `store.endpoint`"],
  ENOTFOUND: ["no such host", "check the network, or correct `store.endpoint`"],
  EAI_AGAIN: ["the host name cannot be looked up", "check the network and its name server"],
  EHOSTUNREACH: ["no way to the host", "check the network"],
  ENETUNREACH: ["no network", "check the network"],
  ECONNRESET: ["the connection was cut", "try again; if it stays so, check the server"],
  EPIPE: ["the connection was cut", "try again; if it stays so, check the server"],
  HPE_INVALID_CONSTANT: ["no HTTP", "correct `store.endpoint`: another kind of server answers"],
};

function networkFailure({ name, code, isService }: Facts, { server }: S3Place) {
  const place = `the S3 server ${server}`;
  if (name === "TimeoutError" || code === "ETIMEDOUT") {
    const hint = "check the network, a firewall, and `store.endpoint`";
    return { place, expected: "reachable", got: "no answer in time", hint };
  }
  const known = NETWORK_CODES[code];
  if (known !== undefined) {
    const [got, hint] = known;
    return { place, expected: "reachable", got: `${code}, ${got}`, hint };
  }
  if (isTlsCode(code)) {
    const hint =
      "correct `store.endpoint`, or trust its certificate by NODE_EXTRA_CA_CERTS=<file.pem>";
    return { place, expected: "reachable over TLS", got: code, hint };
  }
  if (isService || code === "") return undefined;
  return { place, expected: "reachable", got: code, hint: "check the network and the server" };
}

/** what the SDK calls an answer that has no code of S3 in it */
const NAMELESS = new Set(["Unknown", "Error", "NotFound"]);

function serverFailure({ name, status, isService }: Facts, { server }: S3Place) {
  if (!isService && status === undefined) return undefined;
  return {
    place: `the S3 server ${server}`,
    expected: "ready to answer",
    got: status === undefined ? name : `${status} ${name}`,
    hint: serverHint(name, status ?? 0),
  };
}

function serverHint(name: string, status: number): string {
  if (status === 503 || status === 429) return "it is overloaded: try again later";
  if (status < 500 && NAMELESS.has(name)) {
    return "correct `store.endpoint`: another kind of server answers";
  }
  return "try again, or look into the server's log";
}

function isTlsCode(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)|^EPROTO$/.test(code);
}

/** Reads the facts; `undefined` for what is not a failure of the SDK or the network. */
function toFacts(thrown: unknown): Facts | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { name, message } = thrown;
  const fields: ServiceFields = Object(thrown);
  const status = fields.$metadata?.httpStatusCode;
  const facts = {
    name,
    message,
    code: typeof fields.code === "string" ? fields.code : "",
    status: typeof status === "number" ? status : undefined,
    isService: fields.$fault !== undefined,
    aheadMs: toAhead(fields),
  };
  // A programming error of Node's own (ERR_INVALID_ARG_TYPE and its like) is no failure of S3.
  return /^ERR_(?!SSL_|TLS_)/.test(facts.code) ? undefined : facts;
}

/** S3 tells its time in the refusal itself, or at least by HTTP's header. */
function toAhead({ ServerTime, $response }: ServiceFields): number | undefined {
  const serverMs = Date.parse(`${ServerTime ?? $response?.headers?.["date"]}`);
  return Number.isNaN(serverMs) ? undefined : Date.now() - serverMs;
}

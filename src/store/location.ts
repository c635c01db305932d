import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as v from "valibot";
import { expectation, HexError } from "../errors.ts";

/** Where frames are published. */
export type StoreLocation = DirectoryLocation | S3Location;

interface DirectoryLocation {
  readonly kind: "directory";
  /** an absolute path */
  readonly directory: string;
}

export interface S3Location {
  readonly kind: "s3";
  readonly bucket: string;
  /** segments joined by `/`, none at either end; empty means the whole bucket */
  readonly prefix: string;
  /** none: AWS itself */
  readonly endpoint: string | undefined;
  /** none: what the environment or the profile says */
  readonly region: string | undefined;
  readonly forcePathStyle: boolean;
  /** none: the credential chain of the S3 client */
  readonly credentials: CredentialNames | undefined;
}

/** The names, never the values, of the project secrets that open the store. */
interface CredentialNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The values of the project secrets that a store's location names. */
export interface StoreCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

const URL_RULE = 'a folder, "file:<path>" or "s3://<bucket>/<prefix>"';
const S3_RULE =
  's3://<bucket>/<prefix> with a bucket of 3 to 63 lower-case letters, digits, "." and "-", ' +
  'and a prefix of letters, digits and "_.=@+-" joined by "/"';
const S3_URL =
  /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[\w.=@+-]+(?:\/[\w.=@+-]+)*)?\/?)?$/;
const SECRET_RULE = "the name of a project secret: letters, digits and _, no digit first";

const text = (rule: string) => v.pipe(v.string(rule), v.nonEmpty(rule));
const secretName = v.pipe(v.string(SECRET_RULE), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, SECRET_RULE));
const endpointRule = "an http or https URL without user, path or query";

/** The rules of a store that is written as an object. @internal */
export const StoreSpec = v.strictObject(
  {
    url: text(URL_RULE),
    endpoint: v.optional(v.pipe(v.string(endpointRule), v.check(isEndpoint, endpointRule))),
    region: v.optional(
      v.pipe(
        v.string("a region such as eu-central-1"),
        v.regex(/^[a-z0-9-]+$/i, "a region such as eu-central-1"),
      ),
    ),
    forcePathStyle: v.optional(v.boolean("true or false")),
    accessKeyIdSecret: v.optional(secretName),
    secretAccessKeySecret: v.optional(secretName),
    sessionTokenSecret: v.optional(secretName),
  },
  (issue) =>
    issue.expected === "never"
      ? "absent: store knows url, endpoint, region, forcePathStyle and the names of secrets"
      : "given",
);

type StoreSpec = v.InferOutput<typeof StoreSpec>;

/**
 * Reads where frames are published, as `store` in hex.config.json or `HEX_STORE` says it. Relative
 * paths start at the base directory.
 *
 * @param place what the faults are told of, such as `HEX_STORE`
 * @throws {HexError} HEX_CONFIG_INVALID, one line a fault
 */
export function parseStoreLocation(
  spec: unknown,
  baseDirectory: string,
  place = "store",
): StoreLocation {
  if (typeof spec === "string") return toLocation({ url: spec }, baseDirectory, place, place);
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw faultsError([fault(place, `${URL_RULE}, or an object with url`, spec)]);
  }
  const parsed = v.safeParse(StoreSpec, spec);
  if (parsed.success) return toLocation(parsed.output, baseDirectory, place, `${place}.url`);
  throw faultsError(
    parsed.issues.map((issue) => {
      const key = v.getDotPath(issue);
      return fault(key === null ? place : `${place}.${key}`, issue.message, issue.input);
    }),
  );
}

function toLocation(
  spec: StoreSpec,
  baseDirectory: string,
  place: string,
  urlPlace: string,
): StoreLocation {
  if (spec.url.startsWith("s3:")) return toS3Location(spec, place, urlPlace);
  const unknownKeys = Object.entries(spec).filter(([key]) => key !== "url");
  if (unknownKeys.length > 0) {
    const expected = "absent for a store on disk";
    throw faultsError(unknownKeys.map(([key, value]) => fault(`${place}.${key}`, expected, value)));
  }
  const directory = toDirectory(spec.url, baseDirectory);
  if (directory === undefined) throw faultsError([fault(urlPlace, URL_RULE, spec.url)]);
  return { kind: "directory", directory };
}

function toDirectory(url: string, baseDirectory: string): string | undefined {
  if (url === "" || url.includes("\0")) return undefined;
  // A single letter before the colon is a Windows drive, not a scheme.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(url)) return resolve(baseDirectory, url);
  if (!/^file:./i.test(url)) return undefined;
  try {
    const fileUrl = new URL(url, pathToFileURL(`${resolve(baseDirectory)}/`));
    return fileUrl.search || fileUrl.hash ? undefined : resolve(fileURLToPath(fileUrl));
  } catch {
    // A host, or an escape that is no path: the caller tells the fault.
    return undefined;
  }
}

function toS3Location(spec: StoreSpec, place: string, urlPlace: string): S3Location {
  const { bucket, prefix = "" } = S3_URL.exec(spec.url)?.groups ?? {};
  if (bucket === undefined || prefix.split("/").some((part) => /^\.+$/.test(part))) {
    throw faultsError([fault(urlPlace, S3_RULE, spec.url)]);
  }
  return {
    kind: "s3",
    bucket,
    prefix,
    endpoint: spec.endpoint,
    // Servers other than AWS mostly do not care, but a signature needs a region.
    region: spec.region ?? (spec.endpoint === undefined ? undefined : "us-east-1"),
    forcePathStyle: spec.forcePathStyle ?? spec.endpoint !== undefined,
    credentials: toCredentialNames(spec, place),
  };
}

function toCredentialNames(spec: StoreSpec, place: string): CredentialNames | undefined {
  const { accessKeyIdSecret, secretAccessKeySecret, sessionTokenSecret } = spec;
  if (accessKeyIdSecret !== undefined && secretAccessKeySecret !== undefined) {
    return {
      accessKeyId: accessKeyIdSecret,
      secretAccessKey: secretAccessKeySecret,
      ...(sessionTokenSecret !== undefined && { sessionToken: sessionTokenSecret }),
    };
  }
  if (accessKeyIdSecret ?? secretAccessKeySecret ?? sessionTokenSecret) {
    const missing = accessKeyIdSecret === undefined ? "accessKeyIdSecret" : "secretAccessKeySecret";
    throw faultsError([
      fault(`${place}.${missing}`, "given when another of its secrets is", undefined),
    ]);
  }
  return undefined;
}

function isEndpoint(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(endpoint);
  return (
    /^https?:$/.test(protocol) && username + password + search + hash === "" && pathname === "/"
  );
}

function fault(place: string, expected: string, got: unknown): HexError {
  return expectation("HEX_CONFIG_INVALID", {
    place: `\`${place}\``,
    expected,
    // Who mistook the name of a secret for its place may have put the secret itself there.
    got: place.endsWith("Secret") && got !== undefined ? "another value" : printable(got),
  });
}

function faultsError(faults: readonly HexError[]): HexError {
  return new HexError("HEX_CONFIG_INVALID", faults.map(({ message }) => message).join("\n"));
}

/** A value for a message; whoever wrote user and password into a URL does not see them repeated. */
function printable(value: unknown): string {
  if (value === undefined) return "nothing";
  const json = JSON.stringify(value).replace(/\/\/[^/]*@/g, "//…@");
  return json.length <= 120 ? json : `${json.slice(0, 120)}…`;
}

import { Readable } from "node:stream";
import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { S3Location, StoreCredentials } from "../location.ts";
import type { VersioningFault } from "../store.ts";
import { isClockRefusal } from "./s3-failure.ts";

export interface S3ClientOptions {
  /** none: the credential chain of the SDK */
  readonly credentials?: StoreCredentials | undefined;
  /** how long a connection may take to come about; 5,000 unless told */
  readonly connectTimeoutMs?: number;
  /** how long a connection may be silent; 30,000 unless told */
  readonly idleTimeoutMs?: number;
}

const WARNING_SWITCH = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/** Opens a client without the SDK's advice on Node versions, which is ours to give. */
export function openClient(
  location: S3Location,
  maxAttempts: number,
  options: S3ClientOptions,
): S3Client {
  const before = process.env[WARNING_SWITCH];
  process.env[WARNING_SWITCH] = "true";
  try {
    return forgivingClock(new S3Client({ ...toClientConfig(location, options), maxAttempts }));
  } finally {
    if (before === undefined) delete process.env[WARNING_SWITCH];
    else process.env[WARNING_SWITCH] = before;
  }
}

/**
 * Asks once more when the server finds that our clock is wrong. It has then done nothing, and the SDK
 * has taken over the server's time from the refusal; but it repeats nothing for a client with one
 * attempt, and of requests that are refused in the same millisecond perhaps only the first.
 */
function forgivingClock(client: S3Client): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        // Nothing is left of a stream to send again: whoever made it does.
        if (!isClockRefusal(error) || hasStream(args.input)) throw error;
        return next(args);
      }
    },
    { step: "initialize", name: "hexForgivingClock" },
  );
  return client;
}

function hasStream(input: object): boolean {
  return "Body" in input && input.Body instanceof Readable;
}

function toClientConfig(location: S3Location, options: S3ClientOptions): S3ClientConfig {
  const { endpoint, region, forcePathStyle } = location;
  const { credentials, connectTimeoutMs = 5_000, idleTimeoutMs = 30_000 } = options;
  return {
    forcePathStyle,
    // Without one, the SDK writes advice on streams to the console.
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials: toIdentity(credentials) }),
    // Servers other than AWS refuse or miscount the newer checksums; frames carry their own SHA-256.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
  };
}

function ignore(): void {}

function toIdentity({ accessKeyId, secretAccessKey, sessionToken }: StoreCredentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/**
 * Whether a bucket keeps versions; `undefined` when it keeps none, or the credentials may
 * not ask. AWS itself holds conditions against each other there too, some other servers do not.
 */
export async function findVersioning(
  client: S3Client,
  Bucket: string,
  options: { readonly abortSignal?: AbortSignal },
): Promise<VersioningFault | undefined> {
  const lock = await unlessRefused(
    client.send(new GetObjectLockConfigurationCommand({ Bucket }), options),
  );
  if (lock?.ObjectLockConfiguration?.ObjectLockEnabled === "Enabled") {
    return {
      text: `the bucket \`${Bucket}\` has object lock and therefore keeps versions, for which this server forgets conditions`,
      cure: "use a bucket without object lock and versioning for the store",
    };
  }
  const versioning = await unlessRefused(
    client.send(new GetBucketVersioningCommand({ Bucket }), options),
  );
  if (versioning?.Status !== "Enabled") return undefined;
  return {
    text: `the bucket \`${Bucket}\` keeps versions (versioning is enabled), for which this server forgets conditions`,
    cure: "use a bucket without versioning for the store, or suspend it there",
  };
}

/** This only adds to what is told: that it cannot be had must not stand in the way. */
async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined);
}

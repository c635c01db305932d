import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import { HexError } from "../../errors.ts";
import { checkListPrefix, checkStoreKey, isStoreKey } from "../key.ts";
import type { S3Location } from "../location.ts";
import type { StoreCredentials } from "../open-store.ts";
import { tooLarge } from "../read-limits.ts";
import type {
  ConflictReason,
  ObjectInfo,
  ReadOptions,
  Store,
  StoredObject,
  StoreOptions,
  WriteOptions,
  WriteResult,
} from "../store.ts";
import { type S3Place, toS3Failure } from "./s3-failure.ts";

export interface S3StoreOptions {
  /** none: the credential chain of the SDK */
  readonly credentials?: StoreCredentials | undefined;
  /** how long a connection may take to come about; 5,000 unless told */
  readonly connectTimeoutMs?: number;
  /** how long a connection may be silent; 30,000 unless told */
  readonly idleTimeoutMs?: number;
  /** how many objects a page of a listing holds; 1,000 unless told */
  readonly listPageSize?: number;
}

const ATTEMPTS = 3;
const UNDECIDED_ATTEMPTS = 8;
const UNDECIDED_PAUSE_MS = 20;

/** Objects under one prefix of an S3 bucket. */
export class S3Store implements Store {
  readonly location: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #place: S3Place;
  readonly #pageSize: number;
  readonly #client: S3Client;
  /** for writes under a condition: repeated behind our back, a won one would look lost */
  readonly #onceClient: S3Client;

  constructor(location: S3Location, options: S3StoreOptions = {}) {
    const { bucket, prefix, endpoint, region } = location;
    this.location = `s3://${bucket}${prefix && `/${prefix}`}`;
    this.#bucket = bucket;
    this.#prefix = prefix && `${prefix}/`;
    this.#pageSize = options.listPageSize ?? 1000;
    this.#place = {
      location: this.location,
      bucket,
      server: endpoint ?? "AWS",
      region: region ?? "the region of the environment",
    };
    const config = toClientConfig(location, options);
    this.#client = openClient({ ...config, maxAttempts: ATTEMPTS });
    this.#onceClient = openClient({ ...config, maxAttempts: 1 });
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredObject | undefined> {
    const { signal } = options;
    const request = new GetObjectCommand(this.#address(key));
    return this.#telling(signal, async () => {
      for (let attempt = 1; ; attempt++) {
        const response = await unlessMissing(this.#client.send(request, toSendOptions(signal)));
        if (response?.Body === undefined) return undefined;
        this.#checkSize(key, response, options);
        const body = await response.Body.transformToByteArray().catch((error: unknown) => {
          // The SDK repeats requests, but not an answer that breaks off.
          if (signal?.aborted || attempt >= ATTEMPTS) throw error;
          return undefined;
        });
        if (body !== undefined) return { body, etag: response.ETag ?? "" };
      }
    });
  }

  async write(key: string, body: Uint8Array, options: WriteOptions = {}): Promise<WriteResult> {
    const { condition, contentType, signal } = options;
    const request = new PutObjectCommand({
      ...this.#address(key),
      Body: body,
      ContentType: contentType,
      ...(condition !== undefined &&
        ("ifNoneMatch" in condition
          ? { IfNoneMatch: condition.ifNoneMatch }
          : { IfMatch: condition.ifMatch })),
    });
    return this.#telling(signal, async () => {
      if (condition === undefined) {
        const { ETag = "" } = await this.#client.send(request, toSendOptions(signal));
        return { status: "written", etag: ETag };
      }
      return this.#writeIf(request, signal);
    });
  }

  async copy(fromKey: string, toKey: string, { signal }: StoreOptions = {}): Promise<boolean> {
    const { Bucket, Key } = this.#address(fromKey);
    const request = new CopyObjectCommand({
      ...this.#address(toKey),
      CopySource: `${Bucket}/${Key.split("/").map(encodeURIComponent).join("/")}`,
    });
    return this.#telling(signal, async () => {
      const sending = this.#client.send(request, toSendOptions(signal));
      return (await unlessMissing(sending)) !== undefined;
    });
  }

  async delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    const request = new DeleteObjectCommand(this.#address(key));
    await this.#telling(signal, () =>
      unlessMissing(this.#client.send(request, toSendOptions(signal))),
    );
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    checkListPrefix(prefix);
    const pages = paginateListObjectsV2(
      { client: this.#client, pageSize: this.#pageSize },
      { Bucket: this.#bucket, Prefix: this.#prefix + prefix },
      toSendOptions(signal),
    );
    for (;;) {
      const page = await this.#telling(signal, () => pages.next());
      if (page.done) return;
      for (const { Key = "", Size = 0, LastModified = new Date(0) } of page.value.Contents ?? []) {
        const key = Key.slice(this.#prefix.length);
        if (isStoreKey(key)) yield { key, sizeBytes: Size, modifiedAt: LastModified };
      }
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#onceClient.destroy();
  }

  /**
   * What a server may answer to a write under a condition:
   * - 200: written
   * - 412: the condition does not hold
   * - 404: nothing is there that could match
   * - 409: two writes met and this one was not decided, so it is asked again
   * - anything else, a timeout or a cut connection: unknown, and thrown
   */
  async #writeIf(request: PutObjectCommand, signal: AbortSignal | undefined): Promise<WriteResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { ETag = "" } = await this.#onceClient.send(request, toSendOptions(signal));
        return { status: "written", etag: ETag };
      } catch (error) {
        const reason = conflictReason(error);
        if (reason === undefined) throw error;
        const isFinal = reason !== "undecided" || attempt >= UNDECIDED_ATTEMPTS;
        if (isFinal) return { status: "conflict", reason };
        await wait(UNDECIDED_PAUSE_MS * attempt * Math.random(), undefined, { signal });
      }
    }
  }

  /** Hangs up on an answer that is larger than what was asked for. */
  #checkSize(key: string, { Body, ContentLength = 0 }: GetObjectCommandOutput, read: ReadOptions) {
    const { limitBytes = Number.POSITIVE_INFINITY } = read;
    if (ContentLength <= limitBytes) return;
    if (Body instanceof Readable) Body.destroy();
    const place = { key, location: this.location };
    throw tooLarge(place, { limitBytes, sizeBytes: ContentLength });
  }

  #address(key: string) {
    checkStoreKey(key);
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async #telling<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof HexError ? error : toS3Failure(error, this.#place);
    }
  }
}

function toClientConfig(location: S3Location, options: S3StoreOptions): S3ClientConfig {
  const { endpoint, region, forcePathStyle } = location;
  const { credentials, connectTimeoutMs = 5_000, idleTimeoutMs = 30_000 } = options;
  return {
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials: toIdentity(credentials) }),
    // Servers other than AWS refuse or miscount the newer checksums; frames carry their own SHA-256.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
  };
}

function toIdentity({ accessKeyId, secretAccessKey, sessionToken }: StoreCredentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

const WARNING_SWITCH = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/** Opens a client without the SDK's advice on Node versions, which is ours to give. */
function openClient(config: S3ClientConfig): S3Client {
  const before = process.env[WARNING_SWITCH];
  process.env[WARNING_SWITCH] = "true";
  try {
    return new S3Client(config);
  } finally {
    if (before === undefined) delete process.env[WARNING_SWITCH];
    else process.env[WARNING_SWITCH] = before;
  }
}

function toSendOptions(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Why a write under a condition did not take place, if a server said so. */
function conflictReason(error: unknown): ConflictReason | undefined {
  if (statusOf(error) === 412) return "changed";
  if (statusOf(error) === 409) return "undecided";
  return isMissing(error) ? "missing" : undefined;
}

/** Any other 404 comes from a missing bucket, or from a server that is not S3. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchKey";
}

function statusOf(error: unknown): number | undefined {
  const isService = error instanceof Error && "$metadata" in error;
  const metadata: { httpStatusCode?: number } = isService ? Object(error.$metadata) : {};
  return metadata.httpStatusCode;
}

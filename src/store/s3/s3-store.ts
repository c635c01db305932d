import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { HexError } from "../../errors.ts";
import { checkListPrefix, checkStoreKey, isStoreKey } from "../key.ts";
import type { S3Location } from "../location.ts";
import { changedMeanwhile, tooLarge } from "../read-limits.ts";
import type {
  ConflictReason,
  FolderInfo,
  FolderOptions,
  FoundObject,
  ObjectInfo,
  ProbeNotes,
  ReadOptions,
  Store,
  StoredObject,
  StoreMarker,
  StoreOptions,
  VersioningFault,
  WriteFileOptions,
  WriteOptions,
  WriteResult,
} from "../store.ts";
import { toTemporaryFailure, withTemporaryPath } from "../temporary-file.ts";
import { findVersioning, openClient, type S3ClientOptions } from "./s3-client.ts";
import { type S3Place, toClockError, toS3Failure } from "./s3-failure.ts";
import { uploadFile } from "./s3-upload.ts";

export interface S3StoreOptions extends S3ClientOptions {
  /** how many objects a page of a listing holds; 1,000 unless told */
  readonly listPageSize?: number;
  readonly marker?: StoreMarker | undefined;
  readonly probeNotes?: ProbeNotes | undefined;
}

const ATTEMPTS = 3;
const UNDECIDED_ATTEMPTS = 8;
const UNDECIDED_PAUSE_MS = 20;
const CLOCK_ERROR_MS = 5 * 60_000;

/** Objects under one prefix of an S3 bucket. */
export class S3Store implements Store {
  readonly location: string;
  readonly marker: StoreMarker | undefined;
  readonly probeNotes: ProbeNotes | undefined;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #place: S3Place;
  readonly #pageSize: number;
  readonly #client: S3Client;
  /**
   * for writes under a condition, since repeated behind our back a won one would look lost, and for
   * files, of which a second try has to begin at the start
   */
  readonly #onceClient: S3Client;

  constructor(location: S3Location, options: S3StoreOptions = {}) {
    const { bucket, prefix, endpoint, region } = location;
    this.location = `s3://${bucket}${prefix && `/${prefix}`}`;
    this.marker = options.marker;
    this.probeNotes = options.probeNotes;
    this.#bucket = bucket;
    this.#prefix = prefix && `${prefix}/`;
    this.#pageSize = options.listPageSize ?? 1000;
    this.#place = {
      location: this.location,
      bucket,
      server: endpoint ?? "AWS",
      region: region ?? "the region of the environment",
    };
    this.#client = openClient(location, ATTEMPTS, options);
    this.#onceClient = openClient(location, 1, options);
  }

  get clockOffsetMs(): number {
    // The SDK keeps how much later it is for the server.
    return this.#client.config.systemClockOffset;
  }

  get clockError(): string | undefined {
    const aheadMs = -this.clockOffsetMs;
    return Math.abs(aheadMs) < CLOCK_ERROR_MS ? undefined : toClockError(aheadMs);
  }

  async read(key: string, options: ReadOptions = {}): Promise<StoredObject | undefined> {
    const { signal } = options;
    const request = new GetObjectCommand(this.#address(key));
    return this.#translatingFailures(signal, async () => {
      for (let attempt = 1; ; attempt++) {
        const answer = await unlessMissing(this.#client.send(request, toSendOptions(signal)));
        if (answer?.Body === undefined) return undefined;
        this.#checkSize(key, answer, options);
        const reading = answer.Body.transformToByteArray();
        // The SDK repeats requests, but not an answer that breaks off.
        const body = await (attempt < ATTEMPTS ? reading.catch(() => undefined) : reading);
        if (body !== undefined) return { body, etag: answer.ETag ?? "" };
      }
    });
  }

  async find(key: string, { signal }: StoreOptions = {}): Promise<FoundObject | undefined> {
    const request = new HeadObjectCommand(this.#address(key));
    return this.#translatingFailures(signal, async () => {
      const asking = this.#client.send(request, toSendOptions(signal));
      const head = await asking.catch((error: unknown) => {
        // An answer without a body tells no more than its status.
        if (statusOf(error) !== 404) throw error;
        return undefined;
      });
      if (head === undefined) return undefined;
      const { ContentLength = 0, LastModified = new Date(0), ETag = "" } = head;
      return { key, sizeBytes: ContentLength, modifiedAt: LastModified, tag: ETag };
    });
  }

  async *readBlocks(
    found: FoundObject,
    { signal }: StoreOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let start = 0;
    for (let attempt = 1; ; attempt++) {
      const body = await this.#openFrom(found, start, signal);
      try {
        for await (const block of body) {
          start += block.length;
          yield block;
        }
        return;
      } catch (error) {
        signal?.throwIfAborted();
        // An answer that breaks off is gone on with where it stopped.
        if (attempt >= ATTEMPTS) throw toS3Failure(error, this.#place);
      }
    }
  }

  /** The bytes of an object from one of them on. */
  async #openFrom(
    found: FoundObject,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const range = start === 0 ? {} : { Range: `bytes=${start}-` };
    const request = new GetObjectCommand({ ...this.#address(found.key), ...range });
    return this.#translatingFailures(signal, async () => {
      const answer = await unlessMissing(this.#client.send(request, toSendOptions(signal)));
      const { Body, ETag, ContentRange = "bytes 0-" } = answer ?? {};
      const isSame = ETag === found.tag && ContentRange.startsWith(`bytes ${start}-`);
      if (isSame && Body instanceof Readable) return Body;
      if (Body instanceof Readable) Body.destroy();
      throw changedMeanwhile(found, this.location);
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
    return this.#translatingFailures(signal, async () => {
      if (condition === undefined) {
        const { ETag = "" } = await this.#client.send(request, toSendOptions(signal));
        return { status: "written", etag: ETag };
      }
      return this.#writeIf(request, signal);
    });
  }

  async writeFile<T>(
    key: string,
    fill: (path: string) => Promise<T>,
    { contentType, signal }: WriteFileOptions = {},
  ): Promise<T> {
    const target = { ...this.#address(key), ContentType: contentType };
    return withTemporaryPath(async (path) => {
      signal?.throwIfAborted();
      const filled = await fill(path).catch((error: unknown) => {
        throw toTemporaryFailure(error);
      });
      await this.#translatingFailures(signal, () =>
        uploadFile(this.#onceClient, path, target, { signal }),
      );
      return filled;
    });
  }

  async copy(fromKey: string, toKey: string, { signal }: StoreOptions = {}): Promise<boolean> {
    const { Bucket, Key } = this.#address(fromKey);
    const request = new CopyObjectCommand({
      ...this.#address(toKey),
      CopySource: `${Bucket}/${Key.split("/").map(encodeURIComponent).join("/")}`,
    });
    return this.#translatingFailures(signal, async () => {
      const sending = this.#client.send(request, toSendOptions(signal));
      return (await unlessMissing(sending)) !== undefined;
    });
  }

  async delete(key: string, { signal }: StoreOptions = {}): Promise<void> {
    const request = new DeleteObjectCommand(this.#address(key));
    await this.#translatingFailures(signal, () =>
      unlessMissing(this.#client.send(request, toSendOptions(signal))),
    );
  }

  async *list(prefix: string, { signal }: StoreOptions = {}): AsyncIterable<ObjectInfo> {
    for await (const { Contents = [] } of this.#listPages(prefix, { signal })) {
      for (const { Key = "", Size = 0, LastModified = new Date(0) } of Contents) {
        const key = Key.slice(this.#prefix.length);
        if (isStoreKey(key)) yield { key, sizeBytes: Size, modifiedAt: LastModified };
      }
    }
  }

  async *listFolders(prefix: string, { signal }: FolderOptions = {}): AsyncIterable<FolderInfo> {
    for await (const page of this.#listPages(prefix, { signal, Delimiter: "/" })) {
      for (const { Prefix = "" } of page.CommonPrefixes ?? []) {
        const key = Prefix.slice(this.#prefix.length, -1);
        if (isStoreKey(key)) yield { name: key.slice(prefix.length) };
      }
    }
  }

  async *#listPages(
    prefix: string,
    { signal, ...request }: StoreOptions & Pick<ListObjectsV2CommandInput, "Delimiter">,
  ): AsyncIterable<ListObjectsV2CommandOutput> {
    checkListPrefix(prefix);
    const pages = paginateListObjectsV2(
      { client: this.#client, pageSize: this.#pageSize },
      { ...request, Bucket: this.#bucket, Prefix: this.#prefix + prefix },
      toSendOptions(signal),
    );
    for (;;) {
      const page = await this.#translatingFailures(signal, () => pages.next());
      if (page.done) return;
      yield page.value;
    }
  }

  async findVersioning({ signal }: StoreOptions = {}): Promise<VersioningFault | undefined> {
    return findVersioning(this.#client, this.#bucket, toSendOptions(signal));
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#onceClient.destroy();
  }

  /**
   * Answers of servers to a write under a condition:
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

  async #translatingFailures<T>(
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
  ): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof HexError ? error : toS3Failure(error, this.#place);
    }
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

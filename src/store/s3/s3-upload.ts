import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { expectation } from "../../errors.ts";
import { LARGEST_FILE_BYTES } from "../read-limits.ts";
import type { StoreOptions } from "../store.ts";
import { toTemporaryFailure } from "../temporary-file.ts";
import { isTransient } from "./s3-failure.ts";

const BLOCK_BYTES = 2 ** 20;
const ATTEMPTS = 3;
const PAUSE_MS = 100;

/** Where a file goes, and as what. */
interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string | undefined;
}

/**
 * Sends a file in one request, block by block; after trouble on the way it is sent again.
 *
 * @param client one that does not repeat requests: it has nothing left of a stream to send again
 * @throws {HexError} HEX_DATA_INVALID when it is larger than S3 takes
 */
export async function uploadFile(
  client: S3Client,
  path: string,
  target: Target,
  { signal }: StoreOptions,
): Promise<void> {
  const { size: ContentLength } = await stat(path);
  if (ContentLength > LARGEST_FILE_BYTES) throw tooLargeToSend(target, ContentLength);
  for (let attempt = 1; ; attempt++) {
    const reading = new AbortController();
    const failed = (error: unknown) => reading.abort(toTemporaryFailure(error));
    const Body = createReadStream(path, { highWaterMark: BLOCK_BYTES }).once("error", failed);
    const abortSignal = AbortSignal.any([reading.signal, ...(signal ? [signal] : [])]);
    try {
      await client.send(new PutObjectCommand({ ...target, Body, ContentLength }), { abortSignal });
      return;
    } catch (error) {
      abortSignal.throwIfAborted();
      if (attempt >= ATTEMPTS || !isTransient(error)) throw error;
    } finally {
      Body.destroy();
    }
    await wait(PAUSE_MS * 2 ** attempt * Math.random(), undefined, { signal });
  }
}

function tooLargeToSend({ Bucket, Key }: Target, sizeBytes: number) {
  return expectation("HEX_DATA_INVALID", {
    place: `the file for s3://${Bucket}/${Key}`,
    expected: `of at most ${LARGEST_FILE_BYTES} bytes, which is what S3 takes in one request`,
    got: `${sizeBytes}`,
    hint: "publish less of it: filter, aggregate or split the frame",
  });
}

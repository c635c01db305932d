import {
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { VersioningFault } from "../store.ts";

/**
 * What a bucket says of the versions it keeps; `undefined` when it keeps none, or the credentials may
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

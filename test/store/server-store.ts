import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { S3Store, type S3StoreOptions } from "../../src/store/s3/s3-store.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { s3Location } from "./scripted-s3.ts";

/** Opens a store on a server, as its own user unless told otherwise. */
export function openServer(
  { endpoint, region, accessKeyId, secretAccessKey }: S3Server,
  place: { readonly bucket: string; readonly prefix: string },
  options: S3StoreOptions = {},
): S3Store {
  const own = { accessKeyId, secretAccessKey };
  return new S3Store(s3Location(endpoint, { region, ...place }), { credentials: own, ...options });
}

/** What a bucket does with the versions of objects; plain ones never kept any. */
export type BucketKind = "plain" | "versioned" | "suspended" | "locked";

/** Makes the bucket that a suite has to itself. */
export async function createBucket(
  server: S3Server,
  Bucket: string,
  kind: BucketKind = "plain",
): Promise<void> {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const setVersioning = (Status: "Enabled" | "Suspended") =>
    client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  await client.send(
    new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: kind === "locked" }),
  );
  if (kind === "versioned" || kind === "suspended") await setVersioning("Enabled");
  if (kind === "suspended") await setVersioning("Suspended");
  client.destroy();
}

import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, inject, test } from "vitest";
import type { S3Server } from "./s3-server.ts";

const bucket = "server-test";

test("each S3 server has a name of its own", () => {
  const names = inject("s3Servers").map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
});

describe.each(inject("s3Servers"))("the S3 server $name", (server) => {
  const client = openClient(server);
  const put = (input: Omit<PutObjectCommandInput, "Bucket">) =>
    client.send(new PutObjectCommand({ Bucket: bucket, ...input }));
  const statusOf = (answer: Promise<unknown>) =>
    answer.then(
      () => 200,
      (error) => error.$metadata.httpStatusCode as number,
    );

  beforeAll(async () => {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  test("listens on this machine only", () => {
    expect(new URL(server.endpoint).hostname).toBe("127.0.0.1");
  });

  test("gives back the bytes and metadata that were put", async () => {
    await put({ Key: "a/ü b.csv", Body: 'name\n"é"\n', Metadata: { generation: "7" } });

    const { Body, Metadata } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: "a/ü b.csv" }),
    );

    expect(await Body?.transformToString()).toBe('name\n"é"\n');
    expect(Metadata).toEqual({ generation: "7" });
  });

  test("refuses a wrong secret", async () => {
    const stranger = openClient({ ...server, secretAccessKey: "wrong" });

    await expect(stranger.send(new ListBucketsCommand())).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });

  test("writes an object only once under If-None-Match: *", async () => {
    const writes = Array.from({ length: 8 }, (_, index) =>
      statusOf(put({ Key: "once", Body: `${index}`, IfNoneMatch: "*" })),
    );

    const statuses = await Promise.all(writes);

    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  test("refuses If-Match with the entity tag of an older write", async () => {
    const { ETag } = await put({ Key: "changed", Body: "1" });
    await put({ Key: "changed", Body: "2" });

    expect(await statusOf(put({ Key: "changed", Body: "3", IfMatch: ETag }))).toBe(412);
  });

  test(`${server.conditionalWrites ? "accepts" : "refuses even"} If-Match with the current entity tag`, async () => {
    const { ETag } = await put({ Key: "current", Body: "1" });

    const status = await statusOf(put({ Key: "current", Body: "2", IfMatch: ETag }));

    expect(status).toBe(server.conditionalWrites ? 200 : 412);
  });
});

function openClient({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
}

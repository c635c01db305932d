import { randomUUID } from "node:crypto";
import { truncate, writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, inject, it, onTestFinished, vi } from "vitest";
import type { S3Location } from "../../src/store/location.ts";
import { S3Store } from "../../src/store/s3/s3-store.ts";
import { startClockServer } from "./clock-server.ts";
import { type ScriptedAnswer, s3Location, scriptedS3 } from "./scripted-s3.ts";
import { createBucket, openServer } from "./server-store.ts";
import { mustFind, testStore, toArray } from "./store-contract.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const credentials = { accessKeyId: "AKTEST", secretAccessKey: "very secret" };

for (const server of inject("s3Servers")) {
  const bucket = `contract-${randomUUID()}`;
  const isReady = createBucket(server, bucket);
  const why =
    "this server takes an If-Match only without quotes, and then lets parallel writes fail";
  testStore(
    server.name,
    async () => {
      await isReady;
      return openServer(server, { bucket, prefix: `app/${randomUUID()}` }, { listPageSize: 10 });
    },
    { withoutConditions: server.conditionalWrites ? undefined : why },
  );

  describe(`failures of ${server.name}`, () => {
    it("tells of a bucket that is missing", async () => {
      const store = openServer(server, { bucket: "no-such-bucket", prefix: "app" });
      const message =
        `Expected the bucket \`no-such-bucket\` to be there at ${server.endpoint}, got NoSuchBucket ` +
        "(create it, or correct `store` in hex.config.json)";
      const failure = { code: "HEX_STORE_UNAVAILABLE", message };
      await expect(store.read("a")).rejects.toMatchObject(failure);
      await expect(store.write("a", bytes("1"))).rejects.toMatchObject(failure);
      await expect(store.delete("a")).rejects.toMatchObject(failure);
      await expect(toArray(store.list(""))).rejects.toMatchObject(failure);
    });

    it("tells of a wrong secret access key, and does not repeat it", async () => {
      await isReady;
      const wrong = { accessKeyId: server.accessKeyId, secretAccessKey: "wrong secret" };
      const store = openServer(server, { bucket, prefix: "app" }, { credentials: wrong });
      await expect(store.read("a")).rejects.toMatchObject({
        code: "HEX_STORE_UNAVAILABLE",
        message:
          `Expected the secret access key for s3://${bucket}/app to be the one that belongs to its access key id, ` +
          "got SignatureDoesNotMatch (correct AWS_SECRET_ACCESS_KEY, or the secret that " +
          "`store.secretAccessKeySecret` names)",
      });
    });

    it("tells of an unknown access key id", async () => {
      await isReady;
      const wrong = { accessKeyId: "UNKNOWN", secretAccessKey: server.secretAccessKey };
      const store = openServer(server, { bucket, prefix: "app" }, { credentials: wrong });
      await expect(store.write("a", bytes("1"))).rejects.toMatchObject({
        code: "HEX_STORE_UNAVAILABLE",
        message:
          `Expected the access key id for s3://${bucket}/app to be known to ${server.endpoint}, ` +
          "got InvalidAccessKeyId (correct AWS_ACCESS_KEY_ID, or the secret that `store.accessKeyIdSecret` names)",
      });
    });
  });
}

describe("a server that has trouble", () => {
  it("is asked again after 503, and then answers", async () => {
    const { location, requests } = await scriptedS3([
      { status: 503, code: "SlowDown" },
      { status: 200, body: "ours" },
    ]);
    const object = await new S3Store(location, { credentials }).read("a.csv");
    expect(new TextDecoder().decode(object?.body)).toBe("ours");
    expect(object?.etag).toBe('"e"');
    expect(requests).toEqual(["GET /bucket/app/a.csv", "GET /bucket/app/a.csv"]);
  });

  it("is told after three times 503", async () => {
    const { location, requests } = await scriptedS3([{ status: 503, code: "SlowDown" }]);
    await expect(new S3Store(location, { credentials }).read("a")).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message:
        `Expected the S3 server ${location.endpoint} to be ready to answer, got 503 SlowDown ` +
        "(it is overloaded: try again later)",
    });
    expect(requests).toHaveLength(3);
  });

  it("is asked again when an answer breaks off in the middle", async () => {
    const { location, requests } = await scriptedS3([
      { status: 200, body: "ou", fault: "half" },
      { status: 200, body: "ours" },
    ]);
    const object = await new S3Store(location, { credentials }).read("a");
    expect(new TextDecoder().decode(object?.body)).toBe("ours");
    expect(requests).toHaveLength(2);
  });

  it("is told when every answer breaks off", async () => {
    const { location } = await scriptedS3([{ status: 200, body: "ou", fault: "half" }]);
    await expect(new S3Store(location, { credentials }).read("a")).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message: expect.stringContaining("got ECONNRESET, the connection was cut"),
    });
  });

  it("is told when it stays silent", async () => {
    const { location } = await scriptedS3([{ status: 200, fault: "silence" }]);
    const store = new S3Store(location, { credentials, idleTimeoutMs: 50 });
    await expect(store.read("a")).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message:
        `Expected the S3 server ${location.endpoint} to be reachable, got no answer in time ` +
        "(check the network, a firewall, and `store.endpoint`)",
    });
  });

  it("is not waited for once the signal is aborted", async () => {
    const { location } = await scriptedS3([{ status: 200, fault: "silence" }]);
    const controller = new AbortController();
    const reading = new S3Store(location, { credentials }).read("a", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("a file", () => {
  const fill = (path: string) => writeFile(path, new Uint8Array(3_000_000));

  it("is sent whole again after 503", async () => {
    const { location, requests, sizes } = await scriptedS3([
      { status: 503, code: "SlowDown" },
      { status: 200 },
    ]);
    await new S3Store(location, { credentials }).writeFile("a.csv", fill);
    expect(requests).toEqual(["PUT /bucket/app/a.csv", "PUT /bucket/app/a.csv"]);
    expect(sizes).toEqual([3_000_000, 3_000_000]);
  });

  it.each([
    ["a write that it met", 409, "ConditionalRequestConflict"],
    ["a connection that was too slow", 400, "RequestTimeout"],
  ])("is sent again after %s", async (_, status, code) => {
    const { location, sizes } = await scriptedS3([{ status, code }, { status: 200 }]);
    await new S3Store(location, { credentials }).writeFile("a.csv", fill);
    expect(sizes.at(-1)).toBe(3_000_000);
  });

  it("is told as not written after three times 503", async () => {
    const { location, requests } = await scriptedS3([{ status: 503, code: "SlowDown" }]);
    const writing = new S3Store(location, { credentials }).writeFile("a", fill);
    await expect(writing).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message: expect.stringContaining("got 503 SlowDown"),
    });
    expect(requests).toHaveLength(3);
  });

  it("is not sent again when the server refuses it", async () => {
    const { location, requests } = await scriptedS3([{ status: 403, code: "AccessDenied" }]);
    const writing = new S3Store(location, { credentials }).writeFile("a", fill);
    await expect(writing).rejects.toMatchObject({ code: "HEX_STORE_UNAVAILABLE" });
    expect(requests).toHaveLength(1);
  });

  it("is refused above 5 GiB, before anything is sent", async () => {
    const { location, requests } = await scriptedS3([{ status: 200 }]);
    const writing = new S3Store(location, { credentials }).writeFile("a", async (path) => {
      // A file of nothing but a length takes no room on the disk.
      await writeFile(path, "");
      await truncate(path, 5 * 1024 ** 3 + 1);
    });
    await expect(writing).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message:
        "Expected the file for s3://bucket/app/a to be of at most 5368709120 bytes, which is what S3 takes in " +
        "one request, got 5368709121 (publish less of it: filter, aggregate or split the frame)",
    });
    expect(requests).toEqual([]);
  });

  it("is told in a sentence when this machine has no place for it", async () => {
    const { location, requests } = await scriptedS3([{ status: 200 }]);
    vi.stubEnv("TMPDIR", "/there/is/no/such/folder");
    const writing = new S3Store(location, { credentials }).writeFile("a", fill);
    await expect(writing).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message:
        "Expected the temporary folder /there/is/no/such/folder to be writable, with room for a file of a frame, " +
        "got ENOENT: no such file or directory (free some space, or set TMPDIR to another folder)",
    });
    expect(requests).toEqual([]);
    vi.unstubAllEnvs();
  });
});

describe("an object in blocks", () => {
  const head = { status: 200, body: "ours" };
  const rest = { status: 206, body: "rs", headers: { "content-range": "bytes 2-3/4" } };

  /** Reads an object whose first answer breaks off once its beginning is read. */
  async function readBroken(...others: readonly ScriptedAnswer[]) {
    let breakOff = () => {};
    const until = new Promise<void>((resolve) => {
      breakOff = resolve;
    });
    const broken: ScriptedAnswer = { status: 200, body: "ou", fault: "half", until };
    const { location, ranges } = await scriptedS3([head, broken, ...others]);
    const store = new S3Store(location, { credentials });
    const found = await mustFind(store, "a");
    let text = "";
    for await (const block of store.readBlocks(found)) {
      text += new TextDecoder().decode(block);
      breakOff();
    }
    return { text, ranges };
  }

  it("goes on where an answer broke off", async () => {
    const ranges = ["", "", "bytes=2-"];
    expect(await readBroken(rest)).toEqual({ text: "ours", ranges });
  });

  it("goes on after 503 as well", async () => {
    const ranges = ["", "", "bytes=2-", "bytes=2-"];
    const answers = [{ status: 503, code: "SlowDown" }, rest];
    expect(await readBroken(...answers)).toEqual({ text: "ours", ranges });
  });

  it.each([
    ["is another content by then", { ...rest, headers: { ...rest.headers, etag: '"f"' } }],
    ["is sent from its beginning again", head],
    ["is gone by then", { status: 404, code: "NoSuchKey" }],
  ])("is refused when it %s", async (_, answer) => {
    await expect(readBroken(answer)).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringContaining("to be the same while it is read"),
    });
  });

  it("is told when every answer breaks off", async () => {
    const { location, requests } = await scriptedS3([head, { status: 200, fault: "half" }]);
    const store = new S3Store(location, { credentials });
    const found = await mustFind(store, "a");
    await expect(toArray(store.readBlocks(found))).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message: expect.stringContaining("got ECONNRESET, the connection was cut"),
    });
    expect(requests).toHaveLength(4);
  });
});

describe("a clock that is an hour off", () => {
  const refusal = (hours: number) => ({
    status: 403,
    code: "RequestTimeTooSkewed",
    headers: { date: new Date(Date.now() + hours * 3_600_000).toUTCString() },
  });

  it("stands in the way of no request, of however many at once", async () => {
    const store = new S3Store(await startClockServer(1), { credentials });
    const condition = { ifNoneMatch: "*" } as const;
    const writes = ["a", "b", "c"].map((key) => store.write(key, bytes("1"), { condition }));
    const reads = ["a", "b", "c"].map((key) => store.read(key));
    for (const { status } of await Promise.all(writes)) expect(status).toBe("written");
    expect((await Promise.all(reads)).map((object) => object?.etag)).toEqual(['"e"', '"e"', '"e"']);
    expect(store.clockError).toBe("1 h 0 min behind");
  });

  it("does not keep a file from being sent", async () => {
    const store = new S3Store(await startClockServer(-1), { credentials });
    await store.writeFile("a", (path) => writeFile(path, new Uint8Array(3_000_000)));
  });

  it.each([
    [-1.5, "1 h 30 min ahead"],
    [0.5, "30 min behind"],
  ])(
    "is told with how far it is off when the server stays with its refusal",
    async (hours, far) => {
      const { location } = await scriptedS3([refusal(hours)]);
      expect(await failureOf(location)).toBe(
        `Expected the clock of this machine to be within 15 minutes of the one of ${location.endpoint}, got one that ` +
          `is ${far} (RequestTimeTooSkewed) (set the clock and its zone, and let the system keep it right (NTP))`,
      );
    },
  );

  it("is none while it is right within minutes", async () => {
    const { location } = await scriptedS3([{ status: 200, body: "ours" }]);
    const store = new S3Store(location, { credentials });
    await store.read("a");
    expect(store.clockError).toBeUndefined();
  });
});

describe("a write under a condition", () => {
  const condition = { ifMatch: '"e"' };

  it("is asked again after 409, which decides nothing", async () => {
    const client = mockClient(S3Client);
    const undecided = serviceError("ConditionalRequestConflict", 409);
    client.on(PutObjectCommand).rejectsOnce(undecided).resolves({ ETag: '"f"' });
    const store = new S3Store(s3Location("http://127.0.0.1:9"), { credentials });
    expect(await store.write("a", bytes("1"), { condition })).toEqual({
      status: "written",
      etag: '"f"',
    });
    expect(client.commandCalls(PutObjectCommand, { IfMatch: '"e"' })).toHaveLength(2);
    client.restore();
  });

  it.each([
    ["412 PreconditionFailed", "PreconditionFailed", 412, "changed"],
    ["404 NoSuchKey", "NoSuchKey", 404, "missing"],
  ])("is told as a conflict after %s", async (_, code, status, reason) => {
    const { location, requests } = await scriptedS3([{ status, code }]);
    const store = new S3Store(location, { credentials });
    const result = await store.write("a", bytes("1"), { condition });
    expect(result).toEqual({ status: "conflict", reason });
    expect(requests).toHaveLength(1);
  });

  it("is not repeated behind our back, since a won one would then look lost", async () => {
    const { location, requests } = await scriptedS3([{ status: 500, code: "InternalError" }]);
    const write = new S3Store(location, { credentials }).write("a", bytes("1"), { condition });
    await expect(write).rejects.toMatchObject({
      message:
        `Expected the S3 server ${location.endpoint} to be ready to answer, got 500 InternalError ` +
        "(try again, or look into the server's log)",
    });
    expect(requests).toHaveLength(1);
  });
});

describe("the versions that a bucket keeps", () => {
  const find = async (answers: Parameters<typeof scriptedS3>[0]) => {
    const { location } = await scriptedS3(answers);
    return new S3Store(location, { credentials }).findVersioning();
  };
  const xml = (body: string) => ({ status: 200, body: `<?xml version="1.0"?>${body}` });
  const noLock = { status: 404, code: "ObjectLockConfigurationNotFoundError" };

  it("are named with object lock, which asks for them", async () => {
    const lock = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    const answers = [xml(`<ObjectLockConfiguration>${lock}</ObjectLockConfiguration>`)];
    expect((await find(answers))?.text).toContain("the bucket `bucket` has object lock");
  });

  it.each([
    ["Enabled", true],
    ["Suspended", false],
  ])("are told by its versioning when that is %s", async (status, isTold) => {
    const versioning = `<Status>${status}</Status>`;
    const answer = xml(`<VersioningConfiguration>${versioning}</VersioningConfiguration>`);
    expect((await find([noLock, answer])) !== undefined).toBe(isTold);
  });

  it("are not known to who may not ask", async () => {
    expect(await find([{ status: 403, code: "AccessDenied" }])).toBeUndefined();
  });
});

describe("a server that refuses or is not there", () => {
  it("tells of a missing permission, without the words of the server", async () => {
    const { location } = await scriptedS3([{ status: 403, code: "AccessDenied" }]);
    const error = await failureOf(location);
    expect(error).toBe(
      "Expected the access to s3://bucket/app to be allowed for these credentials, got AccessDenied " +
        "(allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there, or use other credentials)",
    );
  });

  it("tells of the wrong region", async () => {
    const { location } = await scriptedS3([{ status: 301, code: "PermanentRedirect" }]);
    expect(await failureOf(location)).toBe(
      "Expected the region for s3://bucket/app to be the one of the bucket `bucket`, got us-east-1, which " +
        `${location.endpoint} answered with PermanentRedirect (set \`store.region\` or AWS_REGION to the bucket's region)`,
    );
  });

  it("does not take the page of another kind of server for a missing object", async () => {
    const { location } = await scriptedS3([{ status: 404, body: "<html>Not found</html>" }]);
    expect(await failureOf(location)).toBe(
      `Expected the S3 server ${location.endpoint} to be ready to answer, got 404 NotFound ` +
        "(correct `store.endpoint`: another kind of server answers)",
    );
  });

  it("tells of a port that nobody listens on", async () => {
    expect(await failureOf(s3Location("http://127.0.0.1:9"))).toBe(
      "Expected the S3 server http://127.0.0.1:9 to be reachable, got ECONNREFUSED, nothing listens there " +
        "(start the server, or correct `store.endpoint`)",
    );
  });

  it("tells of a host that no name server knows", async () => {
    // Which of the two codes it is depends on whether there is a name server at all.
    expect(await failureOf(s3Location("http://s3.invalid"))).toMatch(
      /^Expected the S3 server http:\/\/s3\.invalid to be reachable, got (ENOTFOUND, no such host \(check the network, or correct `store\.endpoint`\)|EAI_AGAIN, the host name cannot be looked up \(check the network and its name server\))$/,
    );
  });

  it("tells of a server that speaks no TLS", async () => {
    const { location } = await scriptedS3([{ status: 200 }]);
    const endpoint = location.endpoint?.replace("http:", "https:") ?? "";
    expect(await failureOf(s3Location(endpoint))).toMatch(
      /^Expected the S3 server https:\S+ to be reachable over TLS, got (EPROTO|ERR_SSL_\w+) \(correct `store\.endpoint`, or trust its certificate/,
    );
  });

  it("tells how to give credentials when there are none", async () => {
    forgetAws();
    const store = new S3Store(s3Location("http://127.0.0.1:9"));
    await expect(store.read("a")).rejects.toThrow(
      "Expected the credentials for s3://bucket/app to be set, got none in the environment, the AWS profile " +
        "or the machine's role (set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name two secrets of the " +
        "project in `store.accessKeyIdSecret` and `store.secretAccessKeySecret`)",
    );
  });

  it("tells that AWS needs a region when there is none", async () => {
    forgetAws();
    const location = { ...s3Location(""), endpoint: undefined, region: undefined };
    expect(await failureOf(location)).toBe(
      "Expected the region for s3://bucket/app to be set, got none (set `store.region` or AWS_REGION to the " +
        "bucket's region)",
    );
  });
});

/** Leaves the SDK nothing to find in the environment, the home folder or the machine's role. */
function forgetAws(): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  }
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", devNull);
  vi.stubEnv("AWS_CONFIG_FILE", devNull);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

async function failureOf(location: S3Location): Promise<string> {
  const store = new S3Store(location, { credentials });
  const error: unknown = await store.read("a").catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "HEX_STORE_UNAVAILABLE" });
  return error instanceof Error ? error.message : "";
}

function serviceError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $fault: "client", $metadata: { httpStatusCode } });
}

import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, inject, it } from "vitest";
import type { S3Server } from "../servers/s3-server.ts";
import { hex, hexJson, statusesOf } from "./hex.ts";
import { planetsProject } from "./planets-project.ts";

const servers = inject("s3Servers");

interface PlanetsOnS3 {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The planets app with its store in a bucket of the server and its credentials as secrets. */
async function planetsOn(server: S3Server, bucket: string): Promise<PlanetsOnS3> {
  const directory = await planetsProject();
  const config = {
    name: "Planets",
    store: {
      url: `s3://${bucket}/team/planets`,
      endpoint: server.endpoint,
      region: server.region,
      accessKeyIdSecret: "STORE_KEY_ID",
      secretAccessKeySecret: "STORE_SECRET_KEY",
    },
    secrets: ["STORE_KEY_ID", "STORE_SECRET_KEY"],
  };
  await writeFile(join(directory, "hex.config.json"), JSON.stringify(config));
  const env = { STORE_KEY_ID: server.accessKeyId, STORE_SECRET_KEY: server.secretAccessKey };
  return { directory, env };
}

function clientOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3Client {
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true });
}

/** A bucket that no test has written to, not even an earlier try of the same one. */
async function makeBucket(client: S3Client): Promise<string> {
  const Bucket = `hex-planets-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** What a server needs to be published to that does not keep write conditions. */
async function allowOneMachine(directory: string, { conditionalWrites }: S3Server): Promise<void> {
  if (conditionalWrites) return;
  const path = join(directory, "hex.config.json");
  const config = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...config, machines: "one" }));
}

describe.each(servers)("the planets tutorial on $name", (server) => {
  it("publishes to the bucket, reads back, and leaves ordinary CSV there", async () => {
    const client = clientOf(server);
    const Bucket = await makeBucket(client);
    const { directory, env } = await planetsOn(server, Bucket);
    await allowOneMachine(directory, server);
    const flags = ["run", "--project", directory];
    const logic = await hexJson([...flags, "--input", "sleep_time=0"], { env });
    expect(logic.result).toMatchObject({ status: "completed", version: 1 });

    const filter = ["--context", "app", "--input", "method=Transit"];
    const app = await hexJson([...flags, ...filter], { env });
    expect(statusesOf(app.result)).toMatchObject({ planets: "read", sleep_time: "pruned" });
    const filtered = app.result.cells.find(({ name }) => name === "filtered")?.output;
    expect(filtered).toMatchObject({ kind: "frame", rows: 397 });

    const Key = "team/planets/planets/planet_data.csv";
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    const csv = (await Body?.transformToString()) ?? "";
    expect(csv.split("\n").slice(0, 2)).toEqual([
      '"method","planets_in_system","orbital_period","mass","distance","year"',
      '"Radial Velocity",1,269.3,7.1,77.4,2006',
    ]);
    client.destroy();
  });

  it("is refused for several machines exactly when the server ignores write conditions", async () => {
    const client = clientOf(server);
    const bucket = await makeBucket(client);
    client.destroy();
    const { directory, env } = await planetsOn(server, bucket);
    const flags = ["run", "--project", directory, "--input", "sleep_time=0"];
    const { result, exitCode } = await hexJson(flags, { env });
    expect(exitCode).toBe(server.conditionalWrites ? 0 : 3);
    if (server.conditionalWrites) return;
    expect(result.error?.message).toContain('set `"machines": "one"` in hex.config.json');
    const listed = await hex(["runs", "list", "--project", directory, "--json"], { env });
    const { runs } = JSON.parse(listed.stdout);
    expect(runs.map(({ state }: { readonly state: string }) => state)).toEqual(["failed"]);
    await allowOneMachine(directory, server);
    const alone = await hexJson(flags, { env });
    expect(alone.exitCode).toBe(0);
    expect(alone.stderr).toContain("a second machine that publishes could overwrite");
  });

  it.runIf(server.conditionalWrites)(
    "publishes and is recorded on a machine whose clock is an hour behind",
    async () => {
      const client = clientOf(server);
      const bucket = await makeBucket(client);
      client.destroy();
      const { directory, env } = await planetsOn(server, bucket);
      const shift = join(directory, "shift.mjs");
      await writeFile(
        shift,
        `const RealDate = Date;
globalThis.Date = class Date extends RealDate {
  constructor(...parts) { super(...(parts.length === 0 ? [Date.now()] : parts)); }
  static now() { return RealDate.now() - 3_600_000; }
};`,
      );
      const shifted = { ...env, NODE_OPTIONS: `--import=${shift}` };
      const flags = ["--project", directory];
      const run = await hexJson(["run", ...flags, "--input", "sleep_time=0"], { env: shifted });
      expect(run.result).toMatchObject({ status: "completed", version: 1 });
      expect(run.stderr).toContain(
        "this machine's clock is not the store's, it is 1 h 0 min behind",
      );
      expect(run.stderr).not.toContain("not recorded");
      const listed = await hex(["runs", "list", ...flags, "--json"], { env: shifted });
      const { runs } = JSON.parse(listed.stdout);
      expect(runs).toMatchObject([{ state: "completed", version: 1 }]);
    },
  );

  it("ends with 3 and says which bucket is missing", async () => {
    const { directory, env } = await planetsOn(server, "hex-nobody-made-this");
    const { result, exitCode } = await hexJson(
      ["run", "--project", directory, "--context", "app"],
      { env },
    );
    expect(exitCode).toBe(3);
    expect(result.error?.code).toBe("HEX_STORE_UNAVAILABLE");
    expect(result.error?.message).toContain("hex-nobody-made-this");
  });

  it("ends with 3 when the credentials are wrong, and prints none of them", async () => {
    const client = clientOf(server);
    const bucket = await makeBucket(client);
    client.destroy();
    const { directory, env } = await planetsOn(server, bucket);
    const wrong = { ...env, STORE_SECRET_KEY: "not-the-secret-of-this-key" };
    const { result, exitCode, stdout, stderr } = await hexJson(
      ["run", "--project", directory, "--context", "app"],
      { env: wrong },
    );
    expect(exitCode).toBe(3);
    expect(result.error?.code).toBe("HEX_STORE_UNAVAILABLE");
    expect(stdout + stderr).not.toContain("not-the-secret-of-this-key");
  });
});

it("ends with 3 when nobody listens at the store's address", async () => {
  const nobody = { endpoint: "http://127.0.0.1:1", region: "us-east-1" };
  const server = { ...nobody, name: "", accessKeyId: "AKID", secretAccessKey: "secret" };
  const { directory, env } = await planetsOn({ ...server, conditionalWrites: true }, "hex-planets");
  const { result, exitCode } = await hexJson(["run", "--project", directory, "--context", "app"], {
    env,
  });
  expect(exitCode).toBe(3);
  expect(result.error?.message).toContain("127.0.0.1:1");
});

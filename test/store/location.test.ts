import { describe, expect, it } from "vitest";
import { parseStoreLocation } from "../../src/store/location.ts";

const parse = (spec: unknown) => parseStoreLocation(spec, "/projects/planets");
const faultsOf = (spec: unknown): string => {
  try {
    return `no fault: ${JSON.stringify(parse(spec))}`;
  } catch (error) {
    expect(error).toMatchObject({ code: "HEX_CONFIG_INVALID" });
    return error instanceof Error ? error.message : "";
  }
};

describe("a store on disk", () => {
  it.each([
    ["file:.hex/store", "/projects/planets/.hex/store"],
    ["file:../shared", "/projects/shared"],
    ["file:/data/store", "/data/store"],
    ["file:///data/my%20store/", "/data/my store"],
    [".hex/store", "/projects/planets/.hex/store"],
    ["/data/store/", "/data/store"],
  ])("is found at %s", (spec, directory) => {
    expect(parse(spec)).toEqual({ kind: "directory", directory });
    expect(parse({ url: spec })).toEqual({ kind: "directory", directory });
  });

  const rule = 'a folder, "file:<path>" or "s3://<bucket>/<prefix>"';
  it.each(["", "file:", "file://host/data", "file:a?b", "http://a/b", "a\0b"])(
    "is refused at %j",
    (spec) => {
      expect(faultsOf(spec)).toBe(`Expected \`store\` to be ${rule}, got ${JSON.stringify(spec)}`);
    },
  );

  it("has no endpoint", () => {
    expect(faultsOf({ url: "data", endpoint: "http://localhost:9000" })).toBe(
      'Expected `store.endpoint` to be absent for a store on disk, got "http://localhost:9000"',
    );
  });
});

describe("a store on S3", () => {
  const plain = {
    kind: "s3",
    bucket: "my-bucket",
    prefix: "",
    endpoint: undefined,
    region: undefined,
    forcePathStyle: false,
    credentials: undefined,
  };

  it.each([
    ["s3://my-bucket", ""],
    ["s3://my-bucket/", ""],
    ["s3://my-bucket/apps/planets", "apps/planets"],
    ["s3://my-bucket/team=a/b@c+d/", "team=a/b@c+d"],
  ])("is found at %s", (spec, prefix) => {
    expect(parse(spec)).toEqual({ ...plain, prefix });
  });

  it("has a region and addresses by path when it has an endpoint", () => {
    const endpoint = "http://127.0.0.1:9000";
    const location = { ...plain, endpoint, region: "us-east-1", forcePathStyle: true };
    expect(parse({ url: "s3://my-bucket", endpoint })).toEqual(location);
    const chosen = { endpoint, region: "eu-central-1", forcePathStyle: false };
    expect(parse({ url: "s3://my-bucket", ...chosen })).toEqual({ ...plain, ...chosen });
  });

  it("names the secrets that open it", () => {
    const secrets = { accessKeyIdSecret: "KEY", secretAccessKeySecret: "SECRET" };
    const credentials = { accessKeyId: "KEY", secretAccessKey: "SECRET" };
    expect(parse({ url: "s3://my-bucket", ...secrets })).toEqual({ ...plain, credentials });
    expect(parse({ url: "s3://my-bucket", ...secrets, sessionTokenSecret: "TOKEN" })).toEqual({
      ...plain,
      credentials: { ...credentials, sessionToken: "TOKEN" },
    });
  });

  const wrong = ["s3:", "s3://", "s3://B", "s3://Bucket/a", "s3://bucket//a", "s3://bucket/../a"];
  it.each([...wrong, "s3://bucket/a b", "s3://bucket/a?b", "s3://bucket/a/./b"])(
    "is refused at %j",
    (spec) => {
      expect(faultsOf(spec)).toMatch(/^Expected `store` to be s3:\/\/<bucket>\/<prefix> with a/);
    },
  );

  it("does not repeat a password that was written into an address", () => {
    const url = "s3://key:password@bucket/a";
    const endpoint = "https://user:password@host";
    expect(faultsOf(url)).not.toContain("password");
    expect(faultsOf({ url: "s3://bucket", endpoint })).toBe(
      "Expected `store.endpoint` to be an http or https URL without user, path or query, " +
        'got "https://…@host"',
    );
  });
});

describe("an object", () => {
  it("does not repeat a secret that stands where its name should", () => {
    const secrets = { accessKeyIdSecret: "KEY", secretAccessKeySecret: "wJalrXUtnFEMI/K7MDENG" };
    expect(faultsOf({ url: "s3://bucket", ...secrets })).toBe(
      "Expected `store.secretAccessKeySecret` to be the name of a project secret: letters, digits and _, " +
        "no digit first, got another value",
    );
  });

  it("tells all its faults, each with its place", () => {
    const spec = { url: 1, endpoint: "ftp://a", forcePathStyle: "yes", regoin: "a" };
    expect(faultsOf(spec).split("\n")).toEqual([
      'Expected `store.url` to be a folder, "file:<path>" or "s3://<bucket>/<prefix>", got 1',
      'Expected `store.endpoint` to be an http or https URL without user, path or query, got "ftp://a"',
      'Expected `store.forcePathStyle` to be true or false, got "yes"',
      'Expected `store.regoin` to be absent: store knows url, endpoint, region, forcePathStyle and the names of secrets, got "regoin"',
    ]);
  });

  it("needs its url, and both keys or none", () => {
    expect(faultsOf({})).toBe("Expected `store.url` to be given, got nothing");
    expect(faultsOf({ url: "s3://bucket", accessKeyIdSecret: "KEY" })).toBe(
      "Expected `store.secretAccessKeySecret` to be given when another of its secrets is, got nothing",
    );
    expect(faultsOf({ url: "s3://bucket", sessionTokenSecret: "KEY" })).toContain(
      "`store.accessKeyIdSecret`",
    );
  });

  it.each([undefined, null, 1, [], true])("is not %j", (spec) => {
    expect(faultsOf(spec)).toMatch(/^Expected `store` to be a folder/);
  });
});

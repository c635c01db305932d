import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSecrets, secretsDigest } from "../../src/project/secrets.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hex-secrets-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("secrets", () => {
  it("come from the environment, or else from the file beside the config", async () => {
    await writeFile(join(directory, ".env"), "FROM_FILE='a value'\nBOTH=file-value\n");
    const secrets = await readSecrets(["FROM_FILE", "BOTH"], directory, { BOTH: "environment" });
    expect(secrets).toEqual({ FROM_FILE: "a value", BOTH: "environment" });
  });

  it("are told apart by a digest that is another one in each project", async () => {
    expect(await secretsDigest({}, { projectId: "p", name: "any" })).toBe("");
    const digest = await secretsDigest({ A: "value", B: "other" }, { projectId: "p", name: "any" });
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(await secretsDigest({ B: "other", A: "value" }, { projectId: "p", name: "any" })).toBe(
      digest,
    );
    const others = [
      await secretsDigest({ A: "value", B: "another" }, { projectId: "p", name: "any" }),
      await secretsDigest({ A: "value" }, { projectId: "p", name: "any" }),
      await secretsDigest({ A: "value", B: "other" }, { projectId: "q", name: "any" }),
    ];
    expect(new Set([digest, ...others]).size).toBe(4);
  });

  it("that are listed and missing are all told by name", async () => {
    await expect(readSecrets(["ONE", "TWO"], directory, { TWO: "" })).rejects.toThrow(
      /^Expected secret ONE, .*got nothing .*\nExpected secret TWO, .*got nothing/,
    );
  });

  it("that are too short to be found again in a text are refused", async () => {
    await expect(readSecrets(["PIN"], directory, { PIN: "123" })).rejects.toThrow(
      "got a shorter one, which cannot be redacted",
    );
  });

  it("are not looked for when none is listed", async () => {
    expect(await readSecrets([], directory, { ANY: "thing" })).toEqual({});
  });
});

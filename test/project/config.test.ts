import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/project/config.ts";

const faultsOf = (written: unknown) => {
  try {
    parseConfig(written, "/project");
    return "none";
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : thrown;
  }
};

describe("hex.config.json", () => {
  it("needs a name only", () => {
    expect(parseConfig({ name: "Planets" }, "/project")).toMatchObject({
      name: "Planets",
      cells: "cells",
      store: { kind: "directory", directory: "/project/.hex/store" },
      computeIn: ["logic"],
      secrets: [],
    });
  });

  it.each([
    [[], "Expected hex.config.json to be an object, got []"],
    [{}, "Expected `name` in hex.config.json to be given, got nothing"],
    [
      { name: "" },
      'Expected `name` in hex.config.json to be a name of at least one character, got ""',
    ],
    [{ name: "a", stroe: 1 }, "Expected hex.config.json to be without unknown keys, got `stroe`"],
    [
      { name: "a", computeIn: ["logic", "publish"] },
      'Expected `computeIn[1]` in hex.config.json to be one of logic, app, scheduled, api-triggered, got "publish"',
    ],
    [
      { name: "a", projectId: "7" },
      'Expected `projectId` in hex.config.json to be a UUID, got "7"',
    ],
  ])("refuses %j with place, rule and value", (written, fault) => {
    expect(faultsOf(written)).toContain(fault);
  });

  it("tells all its faults at once, the store's among them", () => {
    const faults = faultsOf({ cells: 1, computeIn: "logic", store: "ftp://x" });
    expect(String(faults).split("\n")).toHaveLength(4);
  });

  it("takes the store from the environment when it names one, as a URL or as JSON", () => {
    const config = { name: "a", store: "file:elsewhere" };
    expect(
      parseConfig(config, "/project", { HEX_STORE: "s3://bucket/prefix" }).store,
    ).toMatchObject({
      kind: "s3",
      bucket: "bucket",
    });
    const json = '{"url":"s3://bucket/p","endpoint":"http://127.0.0.1:9000"}';
    expect(parseConfig(config, "/project", { HEX_STORE: json }).store).toMatchObject({
      endpoint: "http://127.0.0.1:9000",
      forcePathStyle: true,
    });
  });

  it("refuses a store whose credentials are not among the project's secrets", () => {
    const store = {
      url: "s3://bucket/p",
      accessKeyIdSecret: "KEY_ID",
      secretAccessKeySecret: "SECRET_KEY",
    };
    expect(faultsOf({ name: "a", store, secrets: ["KEY_ID"] })).toBe(
      "Expected `secrets` in hex.config.json to list SECRET_KEY, which `store` names, got a list without it (add it)",
    );
  });
});

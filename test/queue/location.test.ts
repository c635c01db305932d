import { describe, expect, it } from "vitest";
import { parseQueueLocation } from "../../src/queue/location.ts";

const none = { usernameSecret: undefined, passwordSecret: undefined };

describe("where a queue is", () => {
  it.each([
    ["embedded", { kind: "embedded" }],
    [{ url: "embedded" }, { kind: "embedded" }],
    ["redis://localhost", { kind: "redis", url: "redis://localhost:6379", ...none }],
    ["redis://10.0.0.1:6380/2", { kind: "redis", url: "redis://10.0.0.1:6380/2", ...none }],
    [
      "rediss://cache.example.com/",
      { kind: "redis", url: "rediss://cache.example.com:6379", ...none },
    ],
    ["redis://[::1]:7000", { kind: "redis", url: "redis://[::1]:7000", ...none }],
    [
      { url: "redis://r", username: "REDIS_USER", password: "REDIS_PASSWORD" },
      {
        kind: "redis",
        url: "redis://r:6379",
        usernameSecret: "REDIS_USER",
        passwordSecret: "REDIS_PASSWORD",
      },
    ],
  ])("is read from %j", (written, location) => {
    expect(parseQueueLocation(written)).toEqual(location);
  });

  it.each([
    "",
    "bullmq",
    "http://localhost:6379",
    "redis:",
    "redis://",
    "redis://host:99999",
    "redis://host/first",
    "redis://host/0?family=6",
    "redis://host/0#a",
    7,
    null,
    ["embedded"],
    {},
    { url: "" },
    { url: "embedded", password: "NAME" },
    { url: "redis://host", username: "NAME" },
    { url: "redis://host", password: "no name" },
    { url: "redis://host", tls: true },
  ])("is not read from %j", (written) => {
    expect(() => parseQueueLocation(written)).toThrow(
      expect.objectContaining({ code: "HEX_CONFIG_INVALID" }),
    );
  });

  it("advises secrets instead of a password in the URL, and does not repeat it", () => {
    for (const written of ["redis://:geheim@host", "redis://user:ge@heim@host:1/0"]) {
      expect(() => parseQueueLocation(written, "HEX_QUEUE")).toThrow(
        expect.objectContaining({
          message: expect.stringMatching(
            /^Expected `HEX_QUEUE` to be a URL without user and password, got "redis:\/\/…@host.*names of two project secrets/,
          ),
        }),
      );
    }
  });

  it("does not repeat a password that was written in the place of a secret's name", () => {
    const written = { url: "redis://host", username: "a b", password: "ge heim" };
    expect(() => parseQueueLocation(written)).toThrow(
      expect.objectContaining({
        message:
          "Expected `queue.username` to be the name of a project secret: letters, digits and _, no digit first, got another value\n" +
          "Expected `queue.password` to be the name of a project secret: letters, digits and _, no digit first, got another value",
      }),
    );
  });

  it("tells of unknown keys which ones there are", () => {
    expect(() => parseQueueLocation({ url: "redis://host", db: 1 })).toThrow(
      "Expected `queue.db` to be absent: queue knows url, and the names of secrets in username and password",
    );
  });
});

import { describe, expect, it } from "vitest";
import {
  type Manifest,
  parseManifest,
  toManifestBytes,
} from "../../src/store/manifest/manifest.ts";

const file = (ending: string) => ({
  key: `.hex/runs/run-1/planets.${ending}`,
  sha256: "0".repeat(64),
  sizeBytes: 10,
});

const commit = {
  generation: 3,
  commitId: "commit",
  runId: "run",
  attempt: 1,
  context: "logic",
  publishedAt: "2026-01-31T12:00:00.000Z",
  inputs: { sleep_time: 5 },
  codeHash: "hash",
  frames: {
    planets: {
      rows: 2,
      columns: [{ name: "method", type: "string" as const }],
      csv: file("csv"),
      schema: file("schema.json"),
      arrow: file("arrow"),
      cell: "planets",
      computedAt: "2026-01-31T12:00:00.000Z",
      codeHash: "cell hash",
    },
  },
};
const older = { ...commit, generation: 2, commitId: "older" };
const manifest: Manifest = { format: 1, fence: 4, commits: [commit, older] };

const { planets } = commit.frames;
const parse = (value: unknown) =>
  parseManifest(new TextEncoder().encode(JSON.stringify(value)), "file:/store");
const withCommit = (change: object) => ({
  ...manifest,
  commits: [{ ...commit, ...change }, older],
});
const withFrame = (change: object) =>
  withCommit({ frames: { planets: { ...planets, ...change } } });

describe("parseManifest", () => {
  it("reads what was written", () => {
    expect(parseManifest(toManifestBytes(manifest), "file:/store")).toEqual(manifest);
  });

  it("refuses what is not JSON in UTF-8", () => {
    const sentence =
      "Expected `.hex/manifest.json` in file:/store to be JSON in UTF-8, got something else " +
      "(it was changed by something else: put an older copy of it back)";
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array([0xff, 0xfe]),
      new TextEncoder().encode("{"),
    ]) {
      expect(() => parseManifest(bytes, "file:/store")).toThrow(sentence);
    }
  });

  it("tells of a newer format before anything else", () => {
    expect(() => parse({ format: 2, other: true })).toThrow(
      "Expected `.hex/manifest.json` in file:/store to be of format 1 or older, got format 2, written by a " +
        "newer hex-runtime (upgrade hex-runtime here, or use another store)",
    );
  });

  it.each([
    ["a key outside the runs", withFrame({ csv: { ...file("csv"), key: "other/planets.csv" } })],
    [
      "a key that climbs",
      withFrame({ csv: { ...file("csv"), key: ".hex/runs/../../etc/passwd" } }),
    ],
    ["an absolute key", withFrame({ arrow: { ...file("csv"), key: "/etc/passwd" } })],
    [
      "the manifest as a frame",
      withFrame({ arrow: { ...file("csv"), key: ".hex/manifest.json" } }),
    ],
    ["a negative generation", withCommit({ generation: -1 })],
    ["a generation of 0", withCommit({ generation: 0 })],
    ["a generation with a fraction", withCommit({ generation: 1.5 })],
    ["two versions of one generation", withCommit({ generation: 2 })],
    ["versions with the oldest first", { ...manifest, commits: [older, commit] }],
    ["no list of versions", { ...manifest, commits: undefined }],
    ["passed runs that are no ids", { ...manifest, passed: [1] }],
    ["a negative fence", { ...manifest, fence: -1 }],
    ["outputs outside the runs", withCommit({ outputs: { ...file("csv"), key: "outputs.json" } })],
    ["an unknown type of column", withFrame({ columns: [{ name: "a", type: "decimal" }] })],
    ["a SHA-256 that is none", withFrame({ csv: { ...file("csv"), sha256: "abc" } })],
    ["a time that is none", withCommit({ publishedAt: "yesterday" })],
    ["a frame with a name that is none", withCommit({ frames: { "../a": planets } })],
    ["no frames", withCommit({ frames: undefined })],
    ["a list", []],
    ["nothing", null],
  ])("refuses %s", (_, value) => {
    const damage = expect.objectContaining({ code: "HEX_STORE_DAMAGED" });
    expect(() => parse(value)).toThrow(damage);
  });

  it("names the place inside the manifest", () => {
    expect(() => parse(withFrame({ columns: [{ name: "a", type: "decimal" }] }))).toThrow(
      "Expected `commits.0.frames.planets.columns.0.type` of `.hex/manifest.json` in file:/store to be one of string, " +
        'number, integer, bigint, boolean, date, datetime, instant, got "decimal" ' +
        "(it was changed by something else: put an older copy of it back)",
    );
  });

  it("refuses one that is huge before it reads it", () => {
    const huge = new Uint8Array(17 * 1024 * 1024);
    expect(() => parseManifest(huge, "file:/store")).toThrow(
      /at most 16777216 bytes, got 17825792/,
    );
  });

  it("refuses to write one that nobody could read back", () => {
    const inputs = { text: "a".repeat(17 * 1024 * 1024) };
    expect(() => toManifestBytes({ ...manifest, commits: [{ ...commit, inputs }] })).toThrow(
      expect.objectContaining({ code: "HEX_DATA_INVALID" }),
    );
  });
});

import { expect, it } from "vitest";
import {
  isRunId,
  isRunIdPrefix,
  newRunId,
  toAcceptedMs,
  toAcceptedSpan,
} from "../../../src/run/history/run-id.ts";
import { NOON } from "./records.ts";

it("gives ids that hold the instant they were given at and sort by it", () => {
  const instants = [0, 1, NOON, NOON + 1, Date.parse("6000-01-01T00:00:00Z")];
  const ids = instants.map((ms) => newRunId(ms));
  expect(ids.map(toAcceptedMs)).toEqual(instants);
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.every(isRunId)).toBe(true);
});

it("gives rising ids within one process, however many at the same instant", () => {
  const ids = Array.from({ length: 5_000 }, () => newRunId());
  expect(new Set(ids).size).toBe(5_000);
  expect(ids.toSorted()).toEqual(ids);
});

it.each([
  "",
  "run-1",
  "../..",
  "019cb8b8-1e00-4630-8fd4-c56daeb27a43",
  "ffffffff-ffff-7630-8fd4-c56daeb27a43",
  "019cb8b8-1e00-7630-8fd4-c56daeb27a43/x",
  "019CB8B8-1E00-7630-8FD4-C56DAEB27A43",
])("takes %j for no run id", (text) => {
  expect(isRunId(text)).toBe(false);
  expect(() => toAcceptedMs(text)).toThrow("Expected the run id to be a UUID of version 7");
});

it("knows between which instants a run was accepted from the beginning of its id", () => {
  const id = newRunId(NOON);
  for (let length = 8; length <= id.length; length++) {
    const { fromMs, toMs } = toAcceptedSpan(id.slice(0, length));
    expect(isRunIdPrefix(id.slice(0, length))).toBe(true);
    expect([fromMs <= NOON, NOON <= toMs, toMs - fromMs < 65_536]).toEqual([true, true, true]);
  }
  expect(isRunIdPrefix(id.slice(0, 7))).toBe(false);
});

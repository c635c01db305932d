import { expect, test } from "vitest";
import type { RunQuery } from "../../src/run/history/list-runs.ts";
import type { RunRecord } from "../../src/run/history/run-record.ts";
import { RunRecords } from "../../src/server/run-records.ts";

const list = async () => ({ runs: [], warnings: [] });
const find = list;

/** A history that counts how often it is asked; the state of its one run is set from outside. */
function openCounted() {
  const counted = { asked: 0, state: "running" };
  const read = async (runId: string) => {
    counted.asked += 1;
    return { runId, state: counted.state } as RunRecord;
  };
  return { counted, records: new RunRecords({ read, list, find }) };
}

test("a run that goes is looked up each time, one that has ended once", async () => {
  const { counted, records } = openCounted();
  await records.read("a");
  await records.read("a");
  expect(counted.asked).toBe(2);
  counted.state = "completed";
  await records.read("a");
  expect(await records.read("a")).toEqual({ runId: "a", state: "completed" });
  expect(counted.asked).toBe(3);
});

test("only the last 500 that ended are held", async () => {
  const { counted, records } = openCounted();
  counted.state = "failed";
  for (let run = 0; run <= 500; run++) await records.read(`run-${run}`);
  await records.read("run-500");
  expect(counted.asked).toBe(501);
  await records.read("run-0");
  expect(counted.asked).toBe(502);
});

test("a run that nobody knows may come to be known", async () => {
  let known: RunRecord | undefined;
  const records = new RunRecords({ read: async () => known, list, find });
  expect(await records.read("a")).toBeUndefined();
  known = { runId: "a", state: "queued" } as RunRecord;
  expect(await records.read("a")).toBe(known);
});

test("a listing is told which records of ended runs are known, and those it finds are held", async () => {
  const listed = [{ runId: "over", state: "completed" } as RunRecord];
  const recalled: unknown[] = [];
  const listKnown = async ({ recall }: RunQuery) => {
    recalled.push(recall?.("over"));
    return { runs: listed, warnings: [] };
  };
  const read = async () => undefined;
  const records = new RunRecords({ read, list: listKnown, find: listKnown });
  await records.list({ limit: 1 });
  await records.find({ limit: 1 });
  expect(recalled).toEqual([undefined, listed[0]]);
  expect(await records.read("over")).toBe(listed[0]);
});

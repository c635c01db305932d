import { randomUUID } from "node:crypto";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, it } from "vitest";
import { openRunHistory } from "../../../src/run/history/run-history.ts";
import type { RunRecord } from "../../../src/run/history/run-record.ts";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { HISTORY_PREFIX, historyDayPrefix } from "../../../src/store/key.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { createBucket, openServer } from "../../store/server-store.ts";
import { testHistory } from "./history-contract.ts";
import { NOON, queuedRun, toCompleted } from "./records.ts";

testHistory("memory", async () => new MemoryStore());
testHistory("memory", async () => new MemoryStore(), "unavailable");

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

testHistory("a directory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hex-history-"));
  folders.push(folder);
  return new DirectoryStore(folder);
});

it("a directory tells of a day by its index until something comes to it or goes, whatever the clocks say", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hex-history-"));
  folders.push(folder);
  const store = new DirectoryStore(folder);
  const history = openRunHistory(store, { now: () => NOON });
  const listed: string[] = [];
  const { listFolders } = store;
  store.listFolders = (prefix, options) => {
    listed.push(prefix);
    return listFolders.call(store, prefix, options);
  };
  const find = async () => {
    listed.length = 0;
    return (await history.find({ state: "completed", limit: 9 })).runs;
  };
  const runs: RunRecord[] = [];
  for (const before of [0, 1, 2]) {
    const run = toCompleted(queuedRun(NOON - before));
    runs.push(run);
    await history.record(run);
    // The clock of the disk has gone on since.
    await utimes(join(folder, historyDayPrefix("2026-03-04")), NOON / 1_000, NOON / 1_000 + before);
    expect(await find()).toEqual(runs);
    expect(listed).toEqual([HISTORY_PREFIX, historyDayPrefix("2026-03-04")]);
    expect(await find()).toEqual(runs);
    expect(listed).toEqual([HISTORY_PREFIX]);
  }
});

for (const server of inject("s3Servers")) {
  const conditions = server.conditionalWrites ? "required" : "unavailable";
  const open = async () => {
    const bucket = `history-${randomUUID()}`;
    await createBucket(server, bucket);
    return openServer(server, { bucket, prefix: "app" });
  };
  testHistory(server.name, open, conditions);
}

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, inject } from "vitest";
import { DirectoryStore } from "../../../src/store/directory/directory-store.ts";
import { MemoryStore } from "../../fakes/memory-store.ts";
import { createBucket, openServer } from "../../store/server-store.ts";
import { testHistory } from "./history-contract.ts";

testHistory("memory", async () => new MemoryStore());
testHistory("memory", async () => new MemoryStore(), "unavailable");

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

testHistory("a directory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hex-history-"));
  folders.push(folder);
  return new DirectoryStore(folder);
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

import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { probeStore } from "../../src/store/probe.ts";
import type { Store } from "../../src/store/store.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { createBucket, openServer } from "./server-store.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("probeStore", () => {
  it("finds no fault with a directory, and leaves nothing there", async () => {
    const store = new DirectoryStore(await temporaryFolder());
    expect(await probeStore(store)).toEqual({ conditionalWrites: true, faults: [] });
    expect(await toArray(store.list(""))).toEqual([]);
  });

  it("finds a store that ignores conditions", async () => {
    const memory = new MemoryStore();
    const store = writingThrough(memory, (key, body) => memory.write(key, body));
    expect(await probeStore(store)).toEqual({
      conditionalWrites: false,
      faults: [
        "it lets two writers create one object",
        "it overwrites an object in spite of If-None-Match: *",
        "it overwrites an object in spite of an older If-Match",
      ],
    });
    expect(await toArray(memory.list(""))).toEqual([]);
  });

  it("finds a store that refuses every If-Match", async () => {
    const memory = new MemoryStore();
    const store = writingThrough(memory, async (key, body, options) => {
      if (options?.condition && "ifMatch" in options.condition) return { status: "conflict" };
      return memory.write(key, body, options);
    });
    expect((await probeStore(store)).faults).toEqual([
      "it refuses an If-Match that holds: refused",
    ]);
  });

  it("throws when the store cannot be written at all", async () => {
    const failure = new Error("no network");
    const store = writingThrough(new MemoryStore(), async () => {
      throw failure;
    });
    await expect(probeStore(store)).rejects.toBe(failure);
  });
});

describe.each(inject("s3Servers"))("probeStore on $name", (server) => {
  it(`finds that it ${server.conditionalWrites ? "keeps" : "breaks"} conditions`, async () => {
    const bucket = `probe-${randomUUID()}`;
    await createBucket(server, bucket);
    const store = openServer(server, { bucket, prefix: "app" });
    const { conditionalWrites, faults } = await probeStore(store);
    expect(conditionalWrites).toBe(server.conditionalWrites);
    expect(faults.length > 0).toBe(!server.conditionalWrites);
    expect(await toArray(store.list(""))).toEqual([]);
    await store.close();
  });
});

function writingThrough(memory: MemoryStore, write: Store["write"]): Store {
  return new Proxy<Store>(memory, {
    get: (target, name) => {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(memory) : value;
    },
  });
}

import { describe, expect, it } from "vitest";
import { toSha256 } from "../../src/sha256.ts";
import { openStoredFile } from "../../src/store/stored-file.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { toArray } from "./store-contract.ts";

const KEY = ".hex/runs/run-1/planets.csv";
const published = new TextEncoder().encode('"name"\n"Earth"\n');
const file = { key: KEY, sizeBytes: published.length, sha256: toSha256(published) };

async function storeOf(body: Uint8Array | undefined): Promise<MemoryStore> {
  const store = new MemoryStore();
  if (body !== undefined) await store.write(KEY, body);
  return store;
}

const damaged = (got: string) => ({
  code: "HEX_STORE_DAMAGED",
  message:
    `Expected \`${KEY}\` in memory:test to be the 15 bytes with SHA-256 ${file.sha256.slice(0, 12)}… that were ` +
    `published, got ${got} (a logic run publishes it anew)`,
});

describe("a file of a manifest, in blocks", () => {
  it.each([published, new Uint8Array()])("is given whole, %#", async (body) => {
    const store = await storeOf(body);
    const told = { key: KEY, sizeBytes: body.length, sha256: toSha256(body) };
    const blocks = await toArray(openStoredFile(store, told).open());
    expect(Buffer.compare(Buffer.concat(blocks), body)).toBe(0);
  });

  it.each([
    ["missing", undefined, "nothing"],
    ["empty", new Uint8Array(), "0 bytes"],
    ["larger", new Uint8Array(5_000_000), "5000000 bytes"],
  ])("is told as damaged when it is %s, before it is read", async (_, body, got) => {
    const store = await storeOf(body);
    store.readBlocks = () => expect.fail("read");
    const reading = toArray(openStoredFile(store, file).open());
    await expect(reading).rejects.toMatchObject(damaged(got));
  });

  it("does not end when its bytes are others", async () => {
    const changed = published.map((byte, index) => (index === 9 ? byte ^ 1 : byte));
    const store = await storeOf(changed);
    const seen: Uint8Array[] = [];
    const reading = async () => {
      for await (const block of openStoredFile(store, file).open()) seen.push(block);
      expect.fail("it ended");
    };
    const got = `15 bytes with ${toSha256(changed).slice(0, 12)}…`;
    await expect(reading()).rejects.toMatchObject(damaged(got));
    expect(Buffer.concat(seen).length).toBe(changed.length);
  });

  it("is told as damaged when it goes between its finding and its reading", async () => {
    const store = await storeOf(published);
    const find = store.find.bind(store);
    store.find = async (key) => {
      const found = await find(key);
      await store.delete(key);
      return found;
    };
    const reading = toArray(openStoredFile(store, file).open());
    await expect(reading).rejects.toMatchObject(
      damaged("a file that was replaced or removed meanwhile"),
    );
  });

  it("throws the reason of a signal, also between two blocks", async () => {
    const store = await storeOf(published);
    const reason = new Error("the run was cancelled");
    const early = toArray(openStoredFile(store, file).open(AbortSignal.abort(reason)));
    await expect(early).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = async () => {
      const blocks = openStoredFile(store, file).open(controller.signal);
      for await (const _ of blocks) controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
  });

  it("throws what stands in the way of the store as it is", async () => {
    const store = await storeOf(published);
    const error = new Error("the fake network fails");
    store.readBlocks = async function* () {
      yield published.subarray(0, 3);
      throw error;
    };
    await expect(toArray(openStoredFile(store, file).open())).rejects.toBe(error);
  });
});

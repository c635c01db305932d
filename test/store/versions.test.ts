import { describe, expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { MANIFEST_KEY } from "../../src/store/key.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions, rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";

const content = (text: string) => frame([{ text }]);
const at = (hour: number) => ({ now: () => Date.UTC(2026, 0, 31, hour) });

/** Three versions of one frame, the third with a second frame. */
async function threeVersions(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const by = { publishedBy: "ada@host", trigger: "cli" };
  await publish(store, publication({ planets: content("one") }, { runId: "r1", ...by, ...at(10) }));
  await publish(store, publication({ planets: content("two") }, { runId: "r2", ...at(11) }));
  const both = { planets: content("three"), stars: content("star") };
  await publish(store, publication(both, { runId: "r3", fence: 7, ...at(12) }));
  return store;
}

async function textOf(store: MemoryStore, name = "planets") {
  return (await (await openVersion(store)).readFrame(name))?.frame.at("text", 0);
}

describe("listVersions", () => {
  it("tells who, when, in which context, from which inputs and how much", async () => {
    const versions = await listVersions(await threeVersions());
    expect(versions.map(({ generation, isNewest }) => [generation, isNewest])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(versions.at(-1)).toMatchObject({
      runId: "r1",
      attempt: 1,
      context: "logic",
      trigger: "cli",
      publishedBy: "ada@host",
      publishedAt: "2026-01-31T10:00:00.000Z",
      note: null,
      inputs: { sleep_time: 5 },
      codeHash: "hash",
      frames: 1,
      rows: 1,
    });
    expect(versions[0]?.sizeBytes).toBeGreaterThan(versions[1]?.sizeBytes ?? 0);
  });

  it("lists nothing where nothing is published", async () => {
    expect(await listVersions(new MemoryStore())).toEqual([]);
  });
});

describe("openVersion with a generation", () => {
  it("pins an earlier version", async () => {
    const version = await openVersion(await threeVersions(), { generation: 2 });
    expect([version.number, version.publishedAt]).toEqual([2, "2026-01-31T11:00:00.000Z"]);
    expect((await version.readFrame("planets"))?.frame.at("text", 0)).toBe("two");
  });

  it("takes no other version of the number for the one that is meant", async () => {
    const store = await threeVersions();
    const pinned = (await openVersion(store)).commit;
    const backup = await store.read(MANIFEST_KEY);
    // The store is put back to version 3 as it was before, and somebody else publishes the next.
    await rollback(store, 1, at(13));
    const fourth = (await openVersion(store)).commit;
    await store.write(MANIFEST_KEY, backup?.body ?? new Uint8Array());
    await publish(store, publication({ planets: content("other") }, at(14)));
    const again = await openVersion(store, { generation: 3, commitId: pinned?.commitId });
    expect(again.commit).toEqual(pinned);
    const lost = openVersion(store, { generation: 4, commitId: fourth?.commitId });
    await expect(lost).rejects.toMatchObject({
      code: "HEX_USAGE",
      message:
        `Expected version 4 of commit ${fourth?.commitId} to be kept in memory:test, ` +
        "got another version 4, which was published 2026-01-31T14:00:00.000Z " +
        "(the store was put back to an earlier state: open the newest version)",
    });
  });

  it("names the versions that are kept when it is none of them", async () => {
    await expect(openVersion(await threeVersions(), { generation: 9 })).rejects.toMatchObject({
      code: "HEX_USAGE",
      message:
        "Expected version 9 to be one of the versions 1 to 3 that are kept in memory:test, got none of them",
    });
  });
});

describe("rollback", () => {
  it("publishes the earlier frames anew, under a higher number", async () => {
    const store = await threeVersions();
    expect(await rollback(store, 1, { publishedBy: "bob@host", ...at(13) })).toBe(4);
    expect(await textOf(store)).toBe("one");
    expect((await listVersions(store))[0]).toMatchObject({
      generation: 4,
      note: "rollback to 1",
      publishedBy: "bob@host",
      publishedAt: "2026-01-31T13:00:00.000Z",
      runId: "r1",
      context: "logic",
    });
    expect((await openVersion(store)).fence).toBe(7);
  });

  it("puts the earlier CSV where other tools look, and removes that of a frame that it dropped", async () => {
    const store = await threeVersions();
    await rollback(store, 1);
    expect(new TextDecoder().decode((await store.read("planets.csv"))?.body)).toContain("one");
    expect(await store.read("stars.csv")).toBeUndefined();
    expect(await (await openVersion(store)).readFrame("stars")).toBeUndefined();
  });

  it("can be undone by another one", async () => {
    const store = await threeVersions();
    await rollback(store, 1);
    expect(await rollback(store, 3)).toBe(5);
    expect(await store.read("stars.csv")).toBeDefined();
    expect([await textOf(store), await textOf(store, "stars")]).toEqual(["three", "star"]);
  });

  it("refuses a version that is not kept, and one that is damaged", async () => {
    const store = await threeVersions();
    await expect(rollback(store, 4)).rejects.toMatchObject({ code: "HEX_USAGE" });
    await store.delete(".hex/runs/r1-1/planets.arrow");
    expect(await rollback(store, 1)).toBe(4);
    await store.write(".hex/runs/r1-1/planets.csv", new Uint8Array(3));
    await expect(rollback(store, 1)).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
    expect(await listVersions(store)).toHaveLength(4);
  });
});

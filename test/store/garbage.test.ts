import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { collectGarbage, planGarbage } from "../../src/store/garbage.ts";
import { publish } from "../../src/store/publication.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions, rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const HOUR_MS = 3_600_000;
const content = (text: string) => frame([{ text }]);

/** A store with a clock of its own, and five versions, one an hour. */
async function fiveVersions() {
  const world = { now: 0 };
  const store = new MemoryStore(() => world.now);
  for (let version = 1; version <= 5; version++) {
    world.now = version * HOUR_MS;
    const more = { runId: `r${version}`, now: () => world.now };
    await publish(store, publication({ planets: content(`text ${version}`) }, more));
  }
  return { store, world };
}

async function runsOf(store: MemoryStore) {
  const keys = (await toArray(store.list(".hex/runs/"))).map(({ key }) => key.split("/")[2]);
  return [...new Set(keys)].sort();
}

describe("planGarbage", () => {
  it("takes nothing that a kept version needs, nor anything young", async () => {
    const { store, world } = await fiveVersions();
    await store.write(".hex/runs/orphan-1/planets.csv", new Uint8Array(7));
    const plan = (hours: number, keepVersions: number) =>
      planGarbage(store, { now: world.now + hours * HOUR_MS, keepVersions, keepMs: 0 });
    expect((await plan(1, 1)).objects).toEqual([]);
    expect(await plan(25, 10)).toEqual({
      generation: 5,
      versions: [],
      objects: [
        {
          key: ".hex/runs/orphan-1/planets.csv",
          sizeBytes: 7,
          modifiedAt: "1970-01-01T05:00:00.000Z",
        },
      ],
      leftovers: [],
      sizeBytes: 7,
    });
    const strict = await plan(25, 2);
    expect(strict.versions).toEqual([3, 2, 1]);
    expect(new Set(strict.objects.map(({ key }) => key.split("/")[2]))).toEqual(
      new Set(["orphan-1", "r1-1", "r2-1", "r3-1"]),
    );
  });

  it("keeps a version for as long as it is told after a newer one took its place", async () => {
    const { store, world } = await fiveVersions();
    const options = { now: world.now + 25 * HOUR_MS, keepVersions: 1, keepMs: 26.5 * HOUR_MS };
    // Version 4 was replaced 25 hours ago, 3 was 26 and 2 was 27.
    expect((await planGarbage(store, options)).versions).toEqual([2, 1]);
  });

  it("takes nothing of the runs when there is no manifest", async () => {
    const { store, world } = await fiveVersions();
    await store.delete(".hex/manifest.json");
    const plan = await planGarbage(store, { now: world.now + 1000 * HOUR_MS });
    expect(plan).toMatchObject({ generation: null, objects: [] });
  });

  it("refuses a grace that a run could outlast", async () => {
    const { store } = await fiveVersions();
    await expect(planGarbage(store, { now: 0, graceMs: HOUR_MS })).rejects.toThrow(
      "Expected the age at which unused objects are removed to be at least 24 hours, got 1 hours " +
        "(a run that is under way may still need them)",
    );
  });
});

describe("collectGarbage", () => {
  it("removes what the plan names, from the history first", async () => {
    const { store, world } = await fiveVersions();
    const plan = await planGarbage(store, {
      now: world.now + 25 * HOUR_MS,
      keepVersions: 2,
      keepMs: 0,
    });
    expect(await collectGarbage(store, plan)).toMatchObject({ objects: 9, spared: 0 });
    expect(await runsOf(store)).toEqual(["r4-1", "r5-1"]);
    expect((await listVersions(store)).map(({ generation }) => generation)).toEqual([5, 4]);
    expect(await rollback(store, 4)).toBe(6);
  });

  it("spares what somebody has rolled back to since the plan was made", async () => {
    const { store, world } = await fiveVersions();
    const now = world.now + 25 * HOUR_MS;
    const plan = await planGarbage(store, { now, keepVersions: 1, keepMs: 0 });
    await rollback(store, 2);
    expect(await collectGarbage(store, plan)).toMatchObject({ objects: 9, spared: 3 });
    const read = await (await openVersion(store)).readFrame("planets");
    expect([read?.source, read?.frame.at("text", 0)]).toEqual(["version", "text 2"]);
  });

  it("removes nothing once the manifest is gone", async () => {
    const { store, world } = await fiveVersions();
    const now = world.now + 25 * HOUR_MS;
    const plan = await planGarbage(store, { now, keepVersions: 1, keepMs: 0 });
    await store.delete(".hex/manifest.json");
    expect(await collectGarbage(store, plan)).toEqual({ objects: 0, sizeBytes: 0, spared: 12 });
  });

  it("leaves the history as it is on a store without conditions", async () => {
    const { store, world } = await fiveVersions();
    const now = world.now + 25 * HOUR_MS;
    const plan = await planGarbage(store, { now, keepVersions: 1, keepMs: 0 });
    const conditions = "unavailable";
    expect(await collectGarbage(store, plan, { conditions })).toMatchObject({ objects: 0 });
    expect(await listVersions(store)).toHaveLength(5);
  });

  it("makes a writer look again that was about to publish", async () => {
    const { store, world } = await fiveVersions();
    const now = world.now + 25 * HOUR_MS;
    const plan = await planGarbage(store, { now });
    // The writer sleeps between its last look and its write: meanwhile its objects are collected.
    let asks = 0;
    const startStopwatch = () => () => (asks++ === 0 ? 0 : 30 * HOUR_MS);
    const write = store.write.bind(store);
    store.write = async (key, body, options) => {
      if (key === ".hex/manifest.json" && options?.condition && asks === 1) {
        store.write = write;
        await collectGarbage(store, plan);
      }
      return write(key, body, options);
    };
    const late = publication({ planets: content("late") }, { startStopwatch });
    await expect(publish(store, late)).rejects.toMatchObject({ code: "HEX_RUN_SUPERSEDED" });
    expect((await listVersions(store))[0]?.generation).toBe(5);
  });
});

describe("leftovers of a directory", () => {
  it("are removed when they are old: temporary files, unused locks, empty folders of runs", async () => {
    const root = await temporaryFolder();
    const store = new DirectoryStore(root);
    await store.write(".hex/runs/r-1/a/planets.csv", new Uint8Array(3));
    await store.delete(".hex/runs/r-1/a/planets.csv");
    await store.write("planets.csv", new Uint8Array(3));
    await writeFile(join(root, ".hex-tmp-old"), "half");
    await writeFile(join(root, ".hex-tmp-young"), "half");
    await mkdir(join(root, ".hex/.hex-tmp-prepared"));
    await writeFile(join(root, ".hex/.hex-tmp-prepared/content"), "whole");
    await mkdir(join(root, ".hex-tmp-lock-planets.csv"));
    await mkdir(join(root, ".hex-tmp-lock-empty.csv"));
    const owner = ".hex-tmp-lock-held.csv/owner.of.long.ago.id.1.write";
    await mkdir(join(root, ".hex-tmp-lock-held.csv"));
    await writeFile(join(root, owner), "whole");
    const old = new Date(Date.now() - 25 * HOUR_MS);
    const locks = [".hex-tmp-lock-empty.csv", owner];
    const aged = [".hex-tmp-old", ".hex/.hex-tmp-prepared", ".hex/runs/r-1/a", ...locks];
    for (const name of aged) await utimes(join(root, name), old, old);
    const plan = await planGarbage(store, { now: Date.now() });
    expect(plan.leftovers.map(({ key }) => key).sort()).toEqual(aged.sort());
    expect(await collectGarbage(store, plan)).toMatchObject({ objects: 5, sizeBytes: 14 });
    expect((await readdir(root)).sort()).toEqual([
      ".hex",
      ".hex-tmp-lock-planets.csv",
      ".hex-tmp-young",
      "planets.csv",
    ]);
    expect(await readdir(join(root, ".hex/runs/r-1"))).toEqual([]);
  });

  it("are left alone when somebody uses them again", async () => {
    const root = await temporaryFolder();
    const store = new DirectoryStore(root);
    await store.write(".hex/runs/r-1/planets.csv", new Uint8Array(3));
    await store.leftovers.remove(".hex/runs/r-1");
    await store.leftovers.remove(".hex/runs/never/was");
    expect((await store.read(".hex/runs/r-1/planets.csv"))?.body.length).toBe(3);
  });
});

describe("the ticks of schedules", () => {
  const DAY_MS = 24 * HOUR_MS;
  const tick = (schedule: string, day: string) => `.hex/ticks/${schedule}/${day}T060000Z.json`;

  it("go after 90 days, but for the newest of each schedule", async () => {
    const world = { now: 0 };
    const store = new MemoryStore(() => world.now);
    for (const key of [
      tick("nightly", "19700101"),
      tick("nightly", "19700102"),
      tick("weekly", "19700101"),
    ]) {
      await store.write(key, new Uint8Array(1));
    }
    const options = { keepVersions: 1, keepMs: 0 };
    const young = await planGarbage(store, { ...options, now: 90 * DAY_MS });
    expect(young.objects).toEqual([]);
    const plan = await planGarbage(store, { ...options, now: 90 * DAY_MS + 1 });
    expect(plan.objects.map(({ key }) => key)).toEqual([tick("nightly", "19700101")]);
    await collectGarbage(store, plan);
    expect([...store.objects.keys()].sort()).toEqual([
      tick("nightly", "19700102"),
      tick("weekly", "19700101"),
    ]);
  });
});

it("keeps the ids of presses for 90 days, since a page that slept asks for them again", async () => {
  const world = { now: 0 };
  const store = new MemoryStore(() => world.now);
  await store.write(".hex/keys/press-1.json", new Uint8Array(1));
  const after = async (now: number) => {
    await collectGarbage(store, await planGarbage(store, { keepVersions: 1, keepMs: 0, now }));
    return store.objects.size;
  };
  expect(await after(90 * 24 * HOUR_MS)).toBe(1);
  expect(await after(90 * 24 * HOUR_MS + 1)).toBe(0);
});

it("forgets the keys of requests a day after they were first used", async () => {
  const world = { now: 0 };
  const store = new MemoryStore(() => world.now);
  await store.write(".hex/keys/old.json", new Uint8Array(1));
  world.now = HOUR_MS;
  await store.write(".hex/keys/young.json", new Uint8Array(1));
  const options = { keepVersions: 1, keepMs: 0, now: 24 * HOUR_MS + 1 };
  await collectGarbage(store, await planGarbage(store, options));
  expect([...store.objects.keys()]).toEqual([".hex/keys/young.json"]);
});

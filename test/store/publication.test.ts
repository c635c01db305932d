import { randomUUID } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { openOwnArrow } from "../../src/frame/arrow/arrow-file.ts";
import type { Frame } from "../../src/frame/frame.ts";
import { frame } from "../../src/frame/rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { failingStore } from "../fakes/failing-store.ts";
import { publication } from "./published-frames.ts";
import { createBucket, openServer } from "./server-store.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const planets = frame([
  { method: "Transit", count: 4 },
  { method: null, count: 2.5 },
]);
const stars = frame([{ star: "Sun" }]);

describe("publish", () => {
  it("shows all frames of a run at once, and gives them back as they were", async () => {
    const store = await emptyStore();
    expect(await publish(store, publication({ "a/planets": planets, stars }))).toBe(1);
    const version = await openVersion(store);
    expect(version.number).toBe(1);
    expect(version.publishedAt).toBe("2026-01-31T12:00:00.000Z");
    expect([...version.frames().keys()]).toEqual(["a/planets", "stars"]);
    const read = await readFrame(version, "a/planets");
    expect(read.schema).toEqual(planets.schema);
    expect(rows(read)).toEqual(rows(planets));
  });

  it("keeps what it knows of a frame: rows, columns, cell and time", async () => {
    const store = await emptyStore();
    await publish(store, publication({ planets }));
    const entry = (await openVersion(store)).frames().get("planets");
    expect(entry).toMatchObject({
      rows: 2,
      columns: planets.schema,
      cell: "planets",
      computedAt: "2026-01-31T11:59:00.000Z",
      csv: { sizeBytes: (await store.read("planets.csv"))?.body.length },
    });
  });

  it("leaves the frames of others in the new version", async () => {
    const store = await emptyStore();
    await publish(store, publication({ planets }));
    expect(await publish(store, publication({ stars }))).toBe(2);
    const version = await openVersion(store);
    expect([...version.frames().keys()]).toEqual(["planets", "stars"]);
    expect(rows(await readFrame(version, "planets"))).toEqual(rows(planets));
  });

  it("leaves a pinned version as it is", async () => {
    const store = await emptyStore();
    await publish(store, publication({ planets }));
    const pinned = await openVersion(store);
    await publish(store, publication({ planets: stars }));
    expect(rows(await readFrame(pinned, "planets"))).toEqual(rows(planets));
    expect(rows(await readFrame(await openVersion(store), "planets"))).toEqual(rows(stars));
  });

  it("puts each CSV, its schema and its Arrow file where other tools look", async () => {
    const store = await emptyStore();
    await publish(store, publication({ "a/planets": planets }, { runId: "run-7", attempt: 2 }));
    expect((await toArray(store.list(""))).map(({ key }) => key).sort()).toEqual([
      ".hex/manifest.json",
      ".hex/runs/run-7-2/a/planets.arrow",
      ".hex/runs/run-7-2/a/planets.csv",
      ".hex/runs/run-7-2/a/planets.schema.json",
      ".hex/shared/a/planets.arrow",
      ".hex/shared/a/planets.csv",
      "a/planets.arrow",
      "a/planets.csv",
    ]);
    expect(await readText(store, "a/planets.csv")).toBe('"method","count"\n"Transit",4\n,2.5\n');
    const schema = JSON.parse(await readText(store, ".hex/runs/run-7-2/a/planets.schema.json"));
    expect(schema).toEqual(planets.schema);
    const arrow = await store.read("a/planets.arrow");
    const read = await openOwnArrow(arrow?.body ?? new Uint8Array(), planets.schema);
    expect(rows(read)).toEqual(rows(planets));
  });

  // Three files a frame are staged, the places of the new name are claimed, then the manifest is written.
  it.each([1, 2, 3, 4, 5, 6])("shows nothing when write %d of 11 fails", async (failing) => {
    const store = await emptyStore();
    await publish(store, publication({ planets: stars }));
    const before = await readText(store, ".hex/manifest.json");
    const broken = failingStore(store, failing);
    const publishing = publish(broken, publication({ planets, stars: planets }));
    await expect(publishing).rejects.toThrow("the fake write fails");
    expect(await readText(store, ".hex/manifest.json")).toBe(before);
    expect(rows(await readFrame(await openVersion(store), "planets"))).toEqual(rows(stars));
  });

  it.each([7, 8, 9, 10])("claims the new name anew when write %d of 11 fails", async (failing) => {
    const store = await emptyStore();
    await publish(store, publication({ planets: stars }));
    const broken = failingStore(store, failing);
    expect(await publish(broken, publication({ planets, stars: planets }))).toBe(2);
    expect(broken.writes[failing]).toBe(broken.writes[failing - 1]);
    expect(rows(await readFrame(await openVersion(store), "stars"))).toEqual(rows(planets));
  });

  it("finds out what became of a write that failed, and tries again", async () => {
    const store = await emptyStore();
    const broken = failingStore(store, 15);
    expect(await publish(broken, publication({ planets, stars }))).toBe(1);
    expect(broken.writes.slice(14, 16)).toEqual([".hex/manifest.json", ".hex/manifest.json"]);
  });

  it.each([16, 17, 18, 19])(
    "warns, but does not fail, when the copy in write %d fails",
    async (failing) => {
      const store = await emptyStore();
      const warnings: string[] = [];
      const onWarning = (text: string) => warnings.push(text);
      const broken = failingStore(store, failing);
      const frames = { planets, stars };
      expect(await publish(broken, publication(frames, { onWarning }))).toBe(1);
      const copies = ["planets.csv", "planets.arrow", "stars.csv", "stars.arrow"];
      expect(broken.writes.slice(14)).toEqual([".hex/manifest.json", ...copies]);
      expect(warnings).toEqual([
        `${copies[failing - 16]} for other tools was not written: the fake write fails`,
      ]);
    },
  );

  it("stages nothing for a name that is none", async () => {
    const store = await emptyStore();
    const publishing = publish(store, publication({ planets, "../stars": stars }));
    await expect(publishing).rejects.toMatchObject({ code: "HEX_KEY_INVALID" });
    expect(await toArray(store.list(""))).toEqual([]);
  });

  it("refuses a store that has gone back behind what the run read", async () => {
    const store = await emptyStore();
    await publish(store, publication({ planets }));
    const base = await openVersion(store);
    await store.delete(".hex/manifest.json");
    await expect(publish(store, publication({ planets }, { base }))).rejects.toMatchObject({
      code: "HEX_STORE_DAMAGED",
      message:
        `Expected the newest version in ${store.location} to be 1 or later, got no manifest ` +
        "(.hex/manifest.json was removed or put back by something else)",
    });
  });

  it("keeps what every cell showed beside the frames", async () => {
    const store = await emptyStore();
    const outputs = () => new TextEncoder().encode('{"intro":"Hello"}');
    await publish(store, publication({ planets }, { runId: "run", outputs }));
    const version = await openVersion(store);
    expect(new TextDecoder().decode(await version.readOutputs())).toBe('{"intro":"Hello"}');
    expect(version.commit?.outputs?.key).toBe(".hex/runs/run-1/outputs.json");
    await damage(store, ".hex/runs/run-1/outputs.json", (body) => body.fill(0, 3, 4));
    const warnings: string[] = [];
    expect(await version.readOutputs({ onWarning: (text) => warnings.push(text) })).toBeUndefined();
    expect(warnings[0]).toMatch(/; the cells have to show it again$/);
  });

  it("keeps as many versions, or as long, as it is told", async () => {
    const store = await emptyStore();
    const hours = (hour: number) => ({ now: () => Date.UTC(2026, 0, 31, hour) });
    const kept = { keepVersions: 2, keepMs: 2.5 * 3_600_000 };
    for (let hour = 1; hour <= 6; hour++) {
      await publish(store, publication({ planets }, { ...kept, ...hours(hour) }));
    }
    const generations = async () => (await listVersions(store)).map(({ generation }) => generation);
    // Version 3 was replaced at 4, two hours ago; version 2 was three hours ago.
    expect(await generations()).toEqual([6, 5, 4, 3]);
    await publish(store, publication({ planets }, { ...kept, ...hours(20) }));
    expect(await generations()).toEqual([7, 6]);
  });

  it("refuses to publish what it would not read back", async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => [`c${index}`, 1]);
    const wide = frame([Object.fromEntries(names)]);
    const store = await emptyStore();
    await expect(publish(store, publication({ wide }))).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message:
        "Expected frame wide to be of at most 10000 columns, got 10001 " +
        "(publish less of it: filter, aggregate or split the frame)",
    });
    expect(await toArray(store.list(""))).toEqual([]);
  });

  it("ends when the signal does, and shows nothing", async () => {
    const store = await emptyStore();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(publish(store, publication({ planets }, { signal }))).rejects.toThrow("enough");
    expect((await openVersion(store)).number).toBeNull();
  });
});

describe("readFrame", () => {
  it.each([
    ["missing", (store: Store, key: string) => store.delete(key)],
    ["cut off", (store: Store, key: string) => damage(store, key, (body) => body.slice(0, -9))],
    ["changed", (store: Store, key: string) => damage(store, key, (body) => body.fill(0, 80, 90))],
  ])("takes the CSV when the Arrow file is %s, and warns", async (_, harm) => {
    const store = await publishedStore();
    await harm(store, ".hex/runs/run-1/planets.arrow");
    const warnings: string[] = [];
    const onWarning = (text: string) => warnings.push(text);
    const read = await (await openVersion(store)).readFrame("planets", { onWarning });
    expect(read?.frame.rows()).toEqual(rows(planets));
    expect(read?.frame.schema).toEqual(planets.schema);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^Expected `\.hex\/runs\/run-1\/planets\.arrow` in file:.+; its CSV is read instead$/,
    );
  });

  it("refuses a frame when the CSV is damaged as well", async () => {
    const store = await publishedStore();
    await store.delete(".hex/runs/run-1/planets.arrow");
    await damage(store, ".hex/runs/run-1/planets.csv", (body) => body.fill(0x35, 20, 21));
    const reading = (await openVersion(store)).readFrame("planets");
    await expect(reading).rejects.toMatchObject({
      code: "HEX_STORE_DAMAGED",
      message: expect.stringMatching(
        /^Expected `\.hex\/runs\/run-1\/planets\.csv` in file:\S+ to be the \d+ bytes with SHA-256 [0-9a-f]{12}… that were published, got \d+ bytes with [0-9a-f]{12}… \(a logic run publishes it anew\)$/,
      ),
    });
  });

  it("does not take a CSV of other tools for one that is gone", async () => {
    const store = await publishedStore();
    await store.delete(".hex/runs/run-1/planets.arrow");
    await store.delete(".hex/runs/run-1/planets.csv");
    const reading = (await openVersion(store)).readFrame("planets");
    await expect(reading).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  });

  it("reads a CSV that another tool left, when nothing is published", async () => {
    const store = await emptyStore();
    await store.write(
      "a/planets.csv",
      new TextEncoder().encode("method,count\nTransit,4\nImaging,2\n"),
    );
    const version = await openVersion(store);
    expect([version.number, version.publishedAt, version.frames().size]).toEqual([null, null, 0]);
    expect(rows(await readFrame(version, "a/planets"))).toEqual([
      { method: "Transit", count: 4 },
      { method: "Imaging", count: 2 },
    ]);
  });

  it("tells which version a frame came from, when, and from which code", async () => {
    const read = await (await openVersion(await publishedStore())).readFrame("planets");
    expect(read).toMatchObject({
      source: "version",
      generation: 1,
      computedAt: "2026-01-31T11:59:00.000Z",
      codeHash: "cell-hash",
    });
  });

  it.each([
    ["bytes a file", { sizeBytes: 100 }],
    ["columns", { columns: 1 }],
    ["rows", { rows: 1 }],
  ])("refuses a frame of more %s than it is told to read", async (unit, less) => {
    const limits = { sizeBytes: 1e6, columns: 10, rows: 10, ...less };
    const store = await publishedStore();
    const reading = (await openVersion(store)).readFrame("planets", { limits });
    const [limit] = Object.values(less);
    await expect(reading).rejects.toMatchObject({
      code: "HEX_DATA_INVALID",
      message: expect.stringContaining(
        `planets in ${store.location} to be of at most ${limit} ${unit}`,
      ),
    });
    await store.write("foreign.csv", new TextEncoder().encode(`a,b\n${"1,2\n".repeat(50)}`));
    const foreign = (await openVersion(store)).readFrame("foreign", { limits });
    await expect(foreign).rejects.toMatchObject({ code: "HEX_DATA_INVALID" });
  });

  it("does not read on in a file that is larger than what was published", async () => {
    const store = await publishedStore();
    for (const ending of ["csv", "arrow"]) {
      await store.write(`.hex/runs/run-1/planets.${ending}`, new Uint8Array(5_000_000));
    }
    const reading = (await openVersion(store)).readFrame("planets");
    await expect(reading).rejects.toThrow(/that were published, got 5000000 bytes/);
  });

  it("does not take the copy of a frame of another version for one of another tool", async () => {
    const store = await publishedStore();
    const pinned = await openVersion(store);
    await publish(store, publication({ stars }));
    expect(await pinned.readFrame("stars")).toBeUndefined();
  });

  it.each(["toString", "valueOf", "hasOwnProperty"])("keeps a frame called %s", async (name) => {
    const store = await publishedStore();
    expect(await (await openVersion(store)).readFrame(name)).toBeUndefined();
    await publish(store, publication({ [name]: stars }));
    expect(rows(await readFrame(await openVersion(store), name))).toEqual(rows(stars));
  });

  it("gives undefined for a frame that nobody wrote", async () => {
    const version = await openVersion(await publishedStore());
    expect(await version.readFrame("comets")).toBeUndefined();
    await expect(version.readFrame("../planets")).rejects.toMatchObject({
      code: "HEX_KEY_INVALID",
    });
  });

  it("refuses a manifest that is damaged", async () => {
    const store = await publishedStore();
    await store.write(".hex/manifest.json", new TextEncoder().encode("{"));
    await expect(openVersion(store)).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  });
});

describe.each(inject("s3Servers"))("a version on $name", (server) => {
  it("is published and read back, and falls back to its CSV", async () => {
    const bucket = `publication-${randomUUID()}`;
    await createBucket(server, bucket);
    const store = openServer(server, { bucket, prefix: "apps/planets" });
    const conditions = server.conditionalWrites ? "required" : "unavailable";
    await publish(store, publication({ planets: stars }, { conditions }));
    const run = { runId: "run", conditions } as const;
    expect(await publish(store, publication({ planets }, run))).toBe(2);
    expect(rows(await readFrame(await openVersion(store), "planets"))).toEqual(rows(planets));
    await store.delete(".hex/runs/run-1/planets.arrow");
    expect(rows(await readFrame(await openVersion(store), "planets"))).toEqual(rows(planets));
    await store.close();
  });
});

async function emptyStore(): Promise<Store> {
  return new DirectoryStore(await temporaryFolder());
}

/** A store with the planets, published by attempt 1 of the run named `run`. */
async function publishedStore(): Promise<Store> {
  const store = await emptyStore();
  await publish(store, publication({ planets }, { runId: "run" }));
  return store;
}

async function readFrame(version: Awaited<ReturnType<typeof openVersion>>, name: string) {
  const read = await version.readFrame(name);
  if (read === undefined) throw new Error(`${name} is not there`);
  return read.frame;
}

function rows(frame: Frame): unknown {
  return frame.rows();
}

async function damage(store: Store, key: string, change: (body: Uint8Array) => Uint8Array) {
  const object = await store.read(key);
  await store.write(key, change(new Uint8Array(object?.body ?? [])));
}

async function readText(store: Store, key: string): Promise<string> {
  return new TextDecoder().decode((await store.read(key))?.body);
}

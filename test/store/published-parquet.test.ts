import { expect, test } from "vitest";
import { memorySource } from "../../src/frame/csv/read/csv-blocks.ts";
import { readParquet } from "../../src/frame/parquet/read-parquet.ts";
import { frame } from "../../src/frame/rows.ts";
import { referencedKeys } from "../../src/store/manifest/history.ts";
import { readManifest } from "../../src/store/manifest/manifest.ts";
import { publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";

const planets = frame([{ name: "Earth", mass: 1n }]);
const KEY = "planets.parquet";
const alsoPublish = ["parquet"] as const;

async function rowsAt(store: Store, key = KEY) {
  const object = await store.read(key);
  return object && (await readParquet(memorySource(object.body, key))).rows();
}

test("a frame is published as Parquet as well where that is asked for, and only there", async () => {
  const store = new MemoryStore();
  await publish(store, publication({ planets }));
  expect(await store.read(KEY)).toBeUndefined();
  await publish(store, publication({ planets }, { alsoPublish }));
  expect(await rowsAt(store)).toEqual(planets.rows());
  const manifest = await readManifest(store);
  const kept = manifest === undefined ? [] : [...referencedKeys(manifest.value)];
  const staged = kept.filter((key) => key.endsWith(".parquet"));
  expect(await Promise.all(staged.map((key) => rowsAt(store, key)))).toEqual([planets.rows()]);
});

test("the Parquet file goes with the version that has none, and comes back with one that has", async () => {
  const store = new MemoryStore();
  await publish(store, publication({ planets }, { alsoPublish }));
  await publish(store, publication({ planets }));
  expect(await store.read(KEY)).toBeUndefined();
  await rollback(store, 1);
  expect(await rowsAt(store)).toEqual(planets.rows());
});

test("a Parquet file of somebody else is not overwritten, unless that is allowed", async () => {
  const store = new MemoryStore();
  const foreign = new TextEncoder().encode("PAR1");
  await store.write(KEY, foreign);
  await expect(publish(store, publication({ planets }, { alsoPublish }))).rejects.toThrow(
    "to be absent, since the Parquet file of frame planets goes there",
  );
  expect((await store.read(KEY))?.body).toEqual(foreign);
  await publish(store, publication({ planets }, { alsoPublish, overwrite: ["planets"] }));
  expect(await rowsAt(store)).toEqual(planets.rows());
});

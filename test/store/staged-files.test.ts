import { readdir } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { arrowBlocks } from "../../src/frame/arrow/arrow-write.ts";
import { toColumnData, toDictionary } from "../../src/frame/column/column-data.ts";
import { frameToCsv } from "../../src/frame/csv/write/csv-write.ts";
import { type Frame, toFrameOf } from "../../src/frame/frame.ts";
import { joinBytes } from "../../src/frame/join-bytes.ts";
import { publish } from "../../src/store/publication.ts";
import type { Store } from "../../src/store/store.ts";
import { openVersion } from "../../src/store/version.ts";
import { rollback } from "../../src/store/versions.ts";
import { MemoryStore } from "../fakes/memory-store.ts";
import { publication } from "./published-frames.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const CSV_KEY = ".hex/runs/run-1/planets.csv";
const ARROW_KEY = ".hex/runs/run-1/planets.arrow";

it("hands small files over in memory and large ones through files, with the same bytes", async () => {
  for (const { rows, throughFiles } of [
    { rows: 1000, throughFiles: [] },
    { rows: 400_000, throughFiles: [CSV_KEY] },
    { rows: 1_100_000, throughFiles: [CSV_KEY, ARROW_KEY] },
  ]) {
    const store = new MemoryStore();
    const keys = watchFiles(store);
    const written = numbers(rows);
    await publish(store, publication({ planets: written }, { runId: "run" }));
    expect(keys).toEqual(throughFiles);
    await expectStored(store, CSV_KEY, frameToCsv(written));
    await expectStored(store, ARROW_KEY, joinBytes(arrowBlocks(written, "file")));
  }
});

it("publishes no Arrow file of 2 GiB, and reads the CSV then without a warning", async () => {
  const store = new MemoryStore();
  // One empty text each, in memory that is never touched.
  const columns = ["a", "b"].map((name) => {
    const parts = { length: 1, nullCount: 0, validity: new Uint8Array(0) };
    const texts = { offsets: new Int32Array(2), values: new Uint8Array(2 ** 30) };
    const dictionary = toDictionary({ ...parts, ...texts });
    const data = toColumnData("string", { ...parts, values: new Int32Array(1), dictionary });
    return { name, type: "string", data } as const;
  });
  await publish(store, publication({ planets: toFrameOf(columns) }, { runId: "run" }));
  expect([store.objects.has(CSV_KEY), store.objects.has(ARROW_KEY)]).toEqual([true, false]);
  const warnings: string[] = [];
  const version = await openVersion(store);
  const read = await version.readFrame("planets", { onWarning: (text) => warnings.push(text) });
  expect([read?.source, read?.frame.rows()]).toEqual(["version", [{ a: "", b: "" }]]);
  expect(warnings).toEqual([]);
  // Going back to it checks the one file that it has.
  expect(await rollback(store, 1)).toBe(2);
  await store.delete(CSV_KEY);
  await expect(rollback(store, 1)).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
});

it("leaves no file behind when it is told to stop while it writes a large one", async () => {
  const temporary = await temporaryFolder();
  vi.stubEnv("TMPDIR", temporary);
  const store = new MemoryStore();
  const controller = new AbortController();
  const { signal } = controller;
  const writeFile: Store["writeFile"] = store.writeFile.bind(store);
  store.writeFile = (key, fill, options) => {
    const stopFirst = (path: string) => {
      controller.abort(new Error("stopped"));
      return fill(path);
    };
    return writeFile(key, stopFirst, options);
  };
  const publishing = publish(store, publication({ planets: numbers(400_000) }, { signal }));
  await expect(publishing).rejects.toThrow("stopped");
  expect([await readdir(temporary), store.objects.size]).toEqual([[], 0]);
  vi.unstubAllEnvs();
});

/** Two columns of which the CSV takes about 50 bytes a row, and the Arrow file 16. */
function numbers(rows: number): Frame {
  const whole = { length: rows, nullCount: 0, validity: new Uint8Array(0) };
  return toFrameOf(
    ["a", "b"].map((name, index) => {
      const values = new Float64Array(rows).map((_, row) => Math.sin(row + index) * 1e-30);
      return { name, type: "number", data: toColumnData("number", { ...whole, values }) };
    }),
  );
}

/** The keys of the objects that come to the store as files. */
function watchFiles(store: MemoryStore): readonly string[] {
  const keys: string[] = [];
  const writeFile: Store["writeFile"] = store.writeFile.bind(store);
  store.writeFile = (key, fill, options) => {
    keys.push(key);
    return writeFile(key, fill, options);
  };
  return keys;
}

async function expectStored(store: MemoryStore, key: string, bytes: Uint8Array): Promise<void> {
  expect(Buffer.compare((await store.read(key))?.body ?? new Uint8Array(), bytes)).toBe(0);
}

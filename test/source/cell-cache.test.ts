import { mkdir, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openTemporaryCache, publishFolder, removeUnused } from "../../src/source/cell-cache.ts";
import { makeProject } from "../fixtures/make-project.ts";

test("finds the project's packages from a cache that lies elsewhere", async () => {
  const { directory, load } = await makeProject({
    "cells/1-one.ts":
      'import { cell } from "hex-runtime"; import seven from "seven"; export default cell(() => 1, { title: seven });',
    "node_modules/seven/package.json":
      '{ "name": "seven", "type": "module", "exports": { "import": "./index.js" } }',
    "node_modules/seven/index.js": 'export default "seven";',
  });
  const cacheDirectory = await openTemporaryCache(directory);
  if (cacheDirectory === undefined) throw new Error("the folder is somebody else's");
  onTestFinished(() => rm(cacheDirectory, { recursive: true, force: true }));
  const loaded = await load({ cacheDirectory });
  expect(await loaded.load("one")).toMatchObject({ options: { title: "seven" } });
  expect(await readdir(directory)).not.toContain(".hex");
});

test("leaves the folder of whoever was first", async () => {
  const { directory } = await makeProject({});
  const path = join(directory, "published");
  const fill = (name: string) => (folder: string) =>
    mkdir(join(folder, name)).then(() => undefined);
  await publishFolder(path, fill("first"));
  await publishFolder(path, fill("second"));
  expect(await readdir(path)).toEqual(["first"]);
  expect(await readdir(directory)).toEqual(["published"]);
});

test("leaves nothing behind when a folder cannot be filled", async () => {
  const { directory } = await makeProject({});
  const filling = publishFolder(join(directory, "published"), async () => {
    throw new Error("disk full");
  });
  await expect(filling).rejects.toThrow("disk full");
  expect(await readdir(directory)).toEqual([]);
});

test("removes what has not been used for a day", async () => {
  const { directory, write } = await makeProject({ "old/a": "", "new/a": "" });
  await write("new/b", "");
  const now = new Date("2030-01-03T00:00:00Z");
  const yesterday = new Date("2030-01-02T01:00:00Z");
  const before = new Date("2030-01-01T23:00:00Z");
  await utimes(join(directory, "old"), before, before);
  await utimes(join(directory, "new"), yesterday, yesterday);
  await removeUnused(directory, now);
  expect(await readdir(directory)).toEqual(["new"]);
});

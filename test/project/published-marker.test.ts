import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PublishedMarker } from "../../src/project/project-notes.ts";

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hex-marker-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("that something was published elsewhere is known to the next process, of that store only", async () => {
  const folder = await makeFolder();
  const at = (directory: string) => new PublishedMarker(folder, { kind: "directory", directory });
  expect(await at("/mnt/one").readSeen()).toBeUndefined();
  await at("/mnt/one").note();
  expect((await at("/mnt/one").readSeen())?.hint).toContain("delete .hex/published-store.json");
  expect(await at("/mnt/two").readSeen()).toBeUndefined();
});

test("a store is known again after another one was published to", async () => {
  const folder = await makeFolder();
  const at = (directory: string) => new PublishedMarker(folder, { kind: "directory", directory });
  for (const directory of ["/mnt/one", "/mnt/two", "/mnt/one"]) await at(directory).note();
  expect(await at("/mnt/one").readSeen()).toBeDefined();
  expect(await at("/mnt/two").readSeen()).toBeDefined();
  expect(await at("/mnt/three").readSeen()).toBeUndefined();
  expect(await readdir(join(folder, ".hex"))).toEqual(["published-store.json"]);
});

test("a note that is cut off, or cannot be read, is taken to be of this store", async () => {
  const folder = await makeFolder();
  const marker = new PublishedMarker(folder, { kind: "directory", directory: "/mnt/one" });
  await mkdir(join(folder, ".hex"));
  await writeFile(join(folder, ".hex/published-store.json"), '{"published":"file:/mn');
  expect((await marker.readSeen())?.hint).toContain("delete .hex/published-store.json");
  await rm(join(folder, ".hex/published-store.json"));
  await mkdir(join(folder, ".hex/published-store.json"));
  expect(await marker.readSeen()).toBeDefined();
});

test("the note of an older build is read as it is", async () => {
  const folder = await makeFolder();
  await mkdir(join(folder, ".hex"));
  const note = '{"published":"file:/mnt/one"}\n';
  await writeFile(join(folder, ".hex/published-store.json"), note);
  const marker = new PublishedMarker(folder, { kind: "directory", directory: "/mnt/one" });
  expect(await marker.readSeen()).toBeDefined();
});

test("of a store in the project's own folder nothing is written down", async () => {
  const folder = await makeFolder();
  const inside = { kind: "directory", directory: join(folder, ".hex/store") } as const;
  const first = new PublishedMarker(folder, inside);
  await first.note();
  expect((await first.readSeen())?.hint).toContain("bring it back");
  expect(await new PublishedMarker(folder, inside).readSeen()).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that cannot be written to goes without the note", async () => {
  const folder = join(await makeFolder(), "gone\0");
  const marker = new PublishedMarker(folder, { kind: "directory", directory: "/mnt/one" });
  await marker.note();
  expect((await marker.readSeen())?.hint).toContain("mount it");
});

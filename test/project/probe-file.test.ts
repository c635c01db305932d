import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ProbeFile } from "../../src/project/project-notes.ts";
import { s3Location } from "../store/scripted-s3.ts";

const MINUTE_MS = 60_000;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "hex-probe-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("a store that was found good is good for ten minutes, for every process of the project", async () => {
  const folder = await makeFolder();
  const at = (minute: number) =>
    new ProbeFile(folder, s3Location("http://one"), () => minute * MINUTE_MS);
  expect(await at(5).read()).toBeUndefined();
  await at(5).note("good");
  expect(await at(14.9).read()).toBe("good");
  expect(await at(15).read()).toBeUndefined();
  // The clock went back: nobody knows how long ago it was.
  expect(await at(4).read()).toBeUndefined();
});

test("a store that was found bad is bad until it is found good", async () => {
  const folder = await makeFolder();
  const at = (minute: number) =>
    new ProbeFile(folder, s3Location("http://one"), () => minute * MINUTE_MS);
  await at(0).note("bad");
  expect(await at(1_000_000).read()).toBe("bad");
  await at(1_000_000).note("good");
  expect(await at(1_000_001).read()).toBe("good");
});

test.each([
  ["another server", s3Location("http://two")],
  ["another bucket", s3Location("http://one", { bucket: "other" })],
])("nothing is known of %s", async (_, location) => {
  const folder = await makeFolder();
  await new ProbeFile(folder, s3Location("http://one")).note("good");
  expect(await new ProbeFile(folder, location).read()).toBeUndefined();
});

test("a note that is none, and a folder that cannot be written to, go without", async () => {
  const folder = await makeFolder();
  const notes = new ProbeFile(folder, s3Location("http://one"));
  await notes.note("good");
  await writeFile(join(folder, ".hex/store-probe.json"), "{");
  expect(await notes.read()).toBeUndefined();
  const nowhere = new ProbeFile(join(folder, "gone\0"), s3Location("http://one"));
  await nowhere.note("good");
  expect(await nowhere.read()).toBeUndefined();
});

import { copyFile, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { openFileContents } from "../../src/source/file-contents.ts";

async function folderWith(files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "hex-contents-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const write = (file: string, text: string) => writeFile(join(directory, file), text);
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return { directory, write, path: (file: string) => join(directory, file) };
}

/** as if all changes were long ago, so that what the system tells of them is believed */
const later = () => Date.now() + 60_000;

test("tells nothing of no files, and that a file is not there", async () => {
  const { directory, write } = await folderWith({});
  const contents = openFileContents();
  expect(await contents.read([], directory)).toBe("");
  const absent = await contents.read(["a"], directory);
  await write("a", "");
  expect(await contents.read(["a"], directory)).not.toBe(absent);
});

test("notices a file that is moved or copied over another one with its old time", async () => {
  const { directory, path } = await folderWith({ a: "one", b: "two", c: "six" });
  const contents = openFileContents({ now: later });
  const before = await contents.read(["a"], directory);
  for (const file of ["b", "c"]) await utimes(path(file), new Date(0), new Date(0));
  await rename(path("b"), path("a"));
  const moved = await contents.read(["a"], directory);
  await copyFile(path("c"), path("a"));
  await utimes(path("a"), new Date(0), new Date(0));
  const copied = await contents.read(["a"], directory);
  expect(new Set([before, moved, copied]).size).toBe(3);
});

test("reads a file again only when the system tells of a change, or may not tell yet", async () => {
  const { directory, write } = await folderWith({ a: "one" });
  let nowMs = Date.now();
  let reads = 0;
  const digest = async (path: string) => {
    reads += 1;
    return readFile(path, "utf8");
  };
  const contents = openFileContents({ now: () => nowMs, digest });
  const readTwice = async () => {
    await contents.read(["a"], directory);
    return contents.read(["a"], directory);
  };
  const one = await readTwice();
  expect(reads).toBe(2);
  nowMs += 60_000;
  expect(await readTwice()).toBe(one);
  expect(reads).toBe(3);
  await write("a", "two");
  expect(await readTwice()).not.toBe(one);
  expect(reads).toBe(4);
});

test("the same content gives the same digest whatever the times, other content another one", async () => {
  const { directory, write, path } = await folderWith({ a: "" });
  const contents = [openFileContents(), openFileContents({ now: later })];
  const digests = new Map<string, string>();
  const text = fc.stringMatching(/^[ab]{1,3}$/);
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 0, max: 4 }), async (content, seconds) => {
      const { mtime } = await stat(path("a"));
      await write("a", content);
      await utimes(path("a"), mtime, seconds === 0 ? mtime : new Date(seconds * 1000));
      for (const each of contents) {
        const digest = await each.read(["a"], directory);
        expect(digest).toBe(digests.get(content) ?? digest);
        digests.set(content, digest);
      }
    }),
    { numRuns: 300 },
  );
  expect(new Set(digests.values()).size).toBe(digests.size);
});

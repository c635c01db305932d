import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CONTENT_NAME } from "../../src/store/directory/directory-lock.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import {
  bytes,
  expectCollected,
  expectWritable,
  FOREVER_MS,
  LOCK,
  readText,
  runKilled,
  SHORT_MS,
  startStopped,
  storeFolder,
} from "./lock-writers.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

describe("what else may lie in a lock", () => {
  it("is the file of an older hex, which is passed after the same time", async () => {
    const root = await storeFolder();
    await mkdir(join(root, LOCK));
    await writeFile(join(root, LOCK, "aaaaaaaaaaaa.bbbbbbbbbbbb.1.100.0a1b"), "");
    await expectWritable(root, SHORT_MS);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("is nothing: an empty lock is free", async () => {
    const root = await storeFolder();
    await mkdir(join(root, LOCK));
    await expectWritable(root, FOREVER_MS);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("is what others put there, which is moved aside and not deleted", async () => {
    const root = await storeFolder();
    await mkdir(join(root, LOCK, "strange/stranger"), { recursive: true });
    await writeFile(join(root, LOCK, "strange/stranger/file"), "kept");
    await expectWritable(root, SHORT_MS);
    const [aside = "", ...others] = await readdir(root);
    expect(others).toEqual(["a"]);
    expect(await readFile(join(root, aside, "file"), "utf8")).toBe("kept");
  });

  it("is a link, which leads nobody out of the store", async () => {
    const [root, outside] = [await storeFolder(), await temporaryFolder()];
    await writeFile(join(outside, CONTENT_NAME), "secret");
    await mkdir(join(root, LOCK));
    await symlink(outside, join(root, LOCK, "linked"));
    await expectWritable(root, SHORT_MS);
    expect(await readdir(root)).toEqual(["a"]);
    expect(await readdir(outside)).toEqual([CONTENT_NAME]);
  });
});

describe("a lock as garbage", () => {
  it("is listed by its owner, so that no later owner is removed in its place", async () => {
    const root = await storeFolder();
    const { leftovers } = new DirectoryStore(root);
    await runKilled(root, "write", "before");
    const [old] = await toArray(leftovers.list());
    await expectWritable(root, FOREVER_MS);
    const stopped = await startStopped(root, "compareAndSet");
    await leftovers.remove(old?.key ?? "");
    expect(await stopped.goOn()).toMatchObject({ status: "written" });
  });

  it("is removed when it is empty, and left when somebody has just taken it", async () => {
    const root = await storeFolder();
    const { leftovers } = new DirectoryStore(root);
    await mkdir(join(root, LOCK));
    expect(await toArray(leftovers.list())).toMatchObject([{ key: LOCK }]);
    const stopped = await startStopped(root, "write");
    await leftovers.remove(LOCK);
    await stopped.goOn();
    expect(await readText(root)).toBe("theirs");
    await mkdir(join(root, LOCK));
    await leftovers.remove(LOCK);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("is removed when it is no folder at all, and in everybody's way", async () => {
    const root = await storeFolder();
    await writeFile(join(root, LOCK), "");
    await expect(new DirectoryStore(root).write("a", bytes("1"))).rejects.toThrow("ENOTDIR");
    await expectCollected(root, [LOCK]);
    await expectWritable(root, FOREVER_MS);
  });
});

import { execFile } from "node:child_process";
import { readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { CONTENT_NAME } from "../../src/store/directory/directory-lock.ts";
import { DirectoryStore, OWNER_SILENCE_MS } from "../../src/store/directory/directory-store.ts";
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
import { inOwnTable } from "./namespaces.ts";

const changes = ["write", "writeFile", "compareAndSet", "delete"] as const;

describe("a writer that is killed while it holds the lock", () => {
  it.each(changes)("is passed at once, before its %s", async (change) => {
    const root = await storeFolder();
    await runKilled(root, change, "before");
    expect(await readdir(join(root, LOCK))).toHaveLength(1);
    expect(await readText(root)).toBe("first");
    await expectWritable(root, FOREVER_MS);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it.each(changes)("is passed at once, after its %s", async (change) => {
    const root = await storeFolder();
    await runKilled(root, change, "after");
    expect(await readText(root)).toBe(change === "delete" ? undefined : "theirs");
    await expectWritable(root, FOREVER_MS);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("is passed by a delete as well", async () => {
    const root = await storeFolder();
    await runKilled(root, "write", "before");
    await new DirectoryStore(root, undefined, FOREVER_MS).delete("a");
    expect(await readdir(root)).toEqual([]);
  });
});

describe.skipIf(inOwnTable === undefined)("a writer that is killed in another container", () => {
  it("is passed within a bounded time, though nobody can prove its death", async () => {
    const root = await storeFolder();
    await runKilled(root, "compareAndSet", "before", inOwnTable);
    const [owner] = await readdir(join(root, LOCK));
    const startedAt = performance.now();
    await expectWritable(root, OWNER_SILENCE_MS);
    expect(performance.now() - startedAt).toBeGreaterThan(OWNER_SILENCE_MS * 0.9);
    expect(await readdir(join(root, LOCK)).catch(() => [])).not.toContain(owner);
  });

  it("is not waited for when it had changed the file already", async () => {
    const root = await storeFolder();
    await runKilled(root, "write", "after", inOwnTable);
    await expectWritable(root, FOREVER_MS);
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("leaves what it was about to write as garbage that is found, and removed", async () => {
    const root = await storeFolder();
    await runKilled(root, "write", "before", inOwnTable);
    await expectWritable(root, SHORT_MS);
    await expectCollected(root, [expect.stringMatching(/^\.hex-tmp-[0-9a-f-]{36}$/)]);
  });
});

describe("a writer that is stopped between its comparison and its change", () => {
  it("changes nothing any more once another one went past", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "compareAndSet");
    await expectWritable(root, SHORT_MS);
    expect(await stopped.goOn()).toEqual({ status: "conflict", reason: "changed" });
    expect(await readText(root)).toBe("ours");
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("does not bring back what was deleted meanwhile", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "compareAndSet");
    await new DirectoryStore(root, undefined, SHORT_MS).delete("a");
    expect(await stopped.goOn()).toEqual({ status: "conflict", reason: "missing" });
    expect(await readdir(root)).toEqual([]);
  });

  it("writes when what it compared with is there again", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "compareAndSet");
    await new DirectoryStore(root, undefined, SHORT_MS).write("a", bytes("first"));
    expect(await stopped.goOn()).toMatchObject({ status: "written" });
    expect(await readdir(root)).toEqual(["a"]);
    expect(await readText(root)).toBe("theirs");
  });

  it.each([
    ["write", "theirs"],
    ["writeFile", "theirs"],
    ["delete", undefined],
  ])("does its %s anew when it asked for no condition", async (change, content) => {
    const root = await storeFolder();
    const stopped = await startStopped(root, change);
    await expectWritable(root, SHORT_MS);
    await stopped.goOn();
    expect(await readText(root)).toBe(content);
    expect(await readdir(root)).toEqual(content === undefined ? [] : ["a"]);
  });

  it("is passed by a writer of the same process, too", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "write");
    const store = new DirectoryStore(root, undefined, SHORT_MS);
    await Promise.all(["1", "2", "3"].map((text) => store.write("a", bytes(text))));
    await stopped.goOn();
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("writes anew when another one stopped as soon as it had gone past", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "compareAndSet");
    const [owner = ""] = await readdir(join(root, LOCK));
    await rename(join(root, LOCK, owner), join(root, `.hex-tmp-${owner.split(".").at(-3)}`));
    expect(await stopped.goOn()).toMatchObject({ status: "written" });
    expect(await readText(root)).toBe("theirs");
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("deletes while another one stopped halfway in going past it", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "delete");
    const [owner = ""] = await readdir(join(root, LOCK));
    await unlink(join(root, LOCK, owner, CONTENT_NAME));
    await stopped.goOn();
    expect(await readdir(root)).toEqual([]);
  });

  it("finds nothing to write when it stood still until the garbage was collected", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "compareAndSet");
    await expectCollected(root, [expect.stringMatching(/^\.hex-tmp-lock-a\/.+\.write$/)]);
    expect(await stopped.goOn()).toEqual({ status: "conflict", reason: "undecided" });
    expect(await readText(root)).toBe("first");
    expect(await readdir(root)).toEqual(["a"]);
  });

  it.each([
    ["compareAndSet", { status: "conflict", reason: "undecided" }],
    [
      "write",
      expect.stringMatching(/^Expected `a` in the store file:.+ to be changed within 5 s /),
    ],
    ["delete", expect.stringMatching(/\(nothing was changed: try again\)$/)],
  ])("gives up its %s when it is passed three times", async (change, outcome) => {
    const root = await storeFolder();
    const stopped = await startStopped(root, change, 3);
    const store = new DirectoryStore(root, undefined, SHORT_MS);
    for (let turn = 1; turn < 3; turn++) {
      await store.write("a", bytes("first"));
      await stopped.goOnToStop();
    }
    await store.write("a", bytes("first"));
    expect(await stopped.goOn()).toEqual(outcome);
    expect(await readText(root)).toBe("first");
    expect(await readdir(root)).toEqual(["a"]);
  });

  it("tells that the folder was removed under it", async () => {
    const root = await storeFolder();
    const stopped = await startStopped(root, "write");
    await promisify(execFile)("rm", ["-r", root]);
    expect(await stopped.goOn()).toMatch(/^Expected the folder of `a` .+ got no folder any more/);
  });
});

it("waits for nobody longer than its signal allows", async () => {
  const root = await storeFolder();
  const stopped = await startStopped(root, "write");
  const controller = new AbortController();
  const store = new DirectoryStore(root, undefined, FOREVER_MS);
  const writing = store.write("a", bytes("1"), { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(writing).rejects.toThrow("enough");
  expect(await readdir(root)).toEqual([LOCK, "a"]);
  await stopped.goOn();
});

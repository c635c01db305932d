import { execFile } from "node:child_process";
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HexError } from "../../src/errors.ts";
import { toDiskFailure } from "../../src/store/directory/directory-failure.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { runProgram } from "./run-program.ts";
import { mustFind, testStore, toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "hex-contract-"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

testStore(
  "directory",
  async () => new DirectoryStore(join(await mkdtemp(`${base}/`), "store")),
  {},
);

describe("symbolic links", () => {
  it("refuses to read a file through a link", async () => {
    const { store, root, outside } = await attackedStore();
    await symlink(join(outside, "secret.csv"), join(root, "planets.csv"));
    const refusal = {
      code: "HEX_STORE_DAMAGED",
      message:
        `Expected \`planets.csv\` in the store file:${root} to be a plain file in plain folders, got a symbolic link ` +
        "(remove it: a store never follows what leads out of its folder)",
    };
    await expect(store.read("planets.csv")).rejects.toMatchObject(refusal);
    await expect(store.find("planets.csv")).rejects.toMatchObject(refusal);
  });

  it("refuses to read in blocks what became a link since it was found", async () => {
    const { store, root, outside } = await attackedStore();
    await store.write("planets.csv", bytes("ours"));
    const found = await mustFind(store, "planets.csv");
    await rm(join(root, "planets.csv"));
    await symlink(join(outside, "secret.csv"), join(root, "planets.csv"));
    const reading = toArray(store.readBlocks(found));
    await expect(reading).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  });

  it("refuses the end of a file that is written to while it is read", async () => {
    const { store, root } = await attackedStore();
    await store.write("planets.csv", new Uint8Array(5_000_000));
    const found = await mustFind(store, "planets.csv");
    const reading = async () => {
      let sizeBytes = 0;
      for await (const block of store.readBlocks(found)) {
        if (sizeBytes === 0) await appendFile(join(root, "planets.csv"), "more");
        sizeBytes += block.length;
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: "HEX_DATA_INVALID" });
  });

  it("refuses to read, write, list or delete below a folder that is a link", async () => {
    const { store, root, outside } = await attackedStore();
    await symlink(outside, join(root, "planets"));
    const refusal = { code: "HEX_STORE_DAMAGED" };
    await expect(store.read("planets/secret.csv")).rejects.toMatchObject(refusal);
    await expect(store.write("planets/a/new.csv", bytes("1"))).rejects.toMatchObject(refusal);
    await expect(store.delete("planets/secret.csv")).rejects.toMatchObject(refusal);
    await expect(toArray(store.list("planets/"))).rejects.toMatchObject(refusal);
    expect(await readdir(outside)).toEqual(["secret.csv"]);
  });

  it("replaces a link by the object, and leaves alone what it led to", async () => {
    const { store, root, outside } = await attackedStore();
    await symlink(join(outside, "secret.csv"), join(root, "planets.csv"));
    await store.write("planets.csv", bytes("ours"));
    expect(await readFile(join(outside, "secret.csv"), "utf8")).toBe("secret");
    expect(await readFile(join(root, "planets.csv"), "utf8")).toBe("ours");
  });

  it("does not list links", async () => {
    const { store, root, outside } = await attackedStore();
    await symlink(join(outside, "secret.csv"), join(root, "planets.csv"));
    await symlink(outside, join(root, "planets"));
    expect(await toArray(store.list(""))).toEqual([]);
  });

  it("never reads outside while a folder is swapped for a link again and again", async () => {
    const { store, root, outside } = await attackedStore();
    await writeFile(join(outside, "data.csv"), "secret");
    await store.write("swapped/data.csv", bytes("ours"));
    let isSwapping = true;
    const swapping = runProgram(new URL("./programs/swap-folder.ts", import.meta.url), [
      root,
      outside,
      "8000",
    ]).finally(() => {
      isSwapping = false;
    });
    const seen = new Set<string>();
    while (isSwapping) seen.add(await readText(store, "swapped/data.csv"));
    await swapping;
    expect(seen).toContain("ours");
    expect(seen).not.toContain("secret");
  });

  it("follows the root itself, which is where the user pointed", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    const store = new DirectoryStore(join(folder, "link"));
    await store.write("a/b", bytes("1"));
    expect(await readFile(join(folder, "real/a/b"), "utf8")).toBe("1");
  });
});

describe("what is left over", () => {
  it("does not list unfinished writes, and keeps none of a write that ended", async () => {
    const root = await temporaryFolder();
    const store = new DirectoryStore(root);
    await store.write("a/b", bytes("1"));
    await store.write("a/b", bytes("2"), { condition: { ifNoneMatch: "*" } });
    await store.write("a/b", bytes("2"), { condition: { ifMatch: "no" } });
    expect(await readdir(join(root, "a"))).toEqual(["b"]);
    await writeFile(join(root, "a/.hex-tmp-1234"), "half");
    expect(await toArray(store.list(""))).toHaveLength(1);
  });
});

describe("the disk", () => {
  it("tells of a file where the folder should be", async () => {
    const root = join(await temporaryFolder(), "file");
    await writeFile(root, "");
    const sentence =
      `Expected the store file:${root} to be a folder, got ENOTDIR, a file in its path ` +
      "(move that file away, or point `store` in hex.config.json elsewhere)";
    const failure = { code: "HEX_STORE_UNAVAILABLE", message: sentence };
    await expect(new DirectoryStore(root).read("a")).rejects.toMatchObject(failure);
    const write = new DirectoryStore(root).write("a", bytes("1"));
    await expect(write).rejects.toMatchObject({ code: "HEX_STORE_UNAVAILABLE" });
  });

  it("reads nothing from a folder that is missing, and does not make it", async () => {
    const folder = await temporaryFolder();
    const store = new DirectoryStore(join(folder, "none"));
    expect(await store.read("a")).toBeUndefined();
    expect(await toArray(store.list(""))).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it("tells of a disk that is full", async () => {
    // /dev/full takes no byte; there it stands for a disk without room.
    const full = await writeFile("/dev/full", "1").catch((error: unknown) => error);
    expect(toDiskFailure(full, "file:/data")).toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message:
        "Expected the store file:/data to be on a disk with room, got ENOSPC, a full disk " +
        "(free some space, or point `store` in hex.config.json elsewhere)",
    });
  });

  it.each([
    ["EACCES", "readable and writable by this user, got EACCES, no permission"],
    ["EROFS", "writable, got EROFS, a read-only file system"],
    ["EMFILE", "openable, got EMFILE, too many open files"],
    ["EIO", "a working folder, got EIO: i/o error"],
  ])("tells of %s in words", (code, words) => {
    const error = Object.assign(new Error(`${code}: i/o error, read`), { code, syscall: "read" });
    expect(toDiskFailure(error, "file:/data")).toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
      message: expect.stringContaining(`Expected the store file:/data to be ${words}`),
      cause: error,
    });
  });

  it.skipIf(process.getuid?.() === 0)("tells of a missing permission", async () => {
    // Root may write everywhere, so this case says nothing there.
    const root = await temporaryFolder();
    await chmod(root, 0o500);
    await expect(new DirectoryStore(root).write("a", bytes("1"))).rejects.toMatchObject({
      code: "HEX_STORE_UNAVAILABLE",
    });
  });

  it("refuses a pipe, and does not wait for it", async () => {
    const root = await temporaryFolder();
    await promisify(execFile)("mkfifo", [join(root, "a")]);
    const reading = new DirectoryStore(root).read("a");
    await expect(reading).rejects.toMatchObject({ code: "HEX_STORE_DAMAGED" });
  });
});

describe("several processes", () => {
  it("lose no compare-and-set of each other on one directory", async () => {
    const root = await temporaryFolder();
    await new DirectoryStore(root).write("count", bytes("0"));
    await runProgram(new URL("./programs/increment.ts", import.meta.url), [root, "40"], 3);
    expect(await readFile(join(root, "count"), "utf8")).toMatch(/^120 /);
    expect(await readdir(root)).toEqual(["count"]);
  });
});

/** A store, and beside it a folder with a file that nobody may reach through the store. */
async function attackedStore() {
  const folder = await temporaryFolder();
  const root = join(folder, "store");
  const outside = join(folder, "outside");
  await mkdir(root);
  await mkdir(outside);
  await writeFile(join(outside, "secret.csv"), "secret");
  return { store: new DirectoryStore(root), root, outside };
}

async function readText(store: DirectoryStore, key: string): Promise<string> {
  try {
    return new TextDecoder().decode((await store.read(key))?.body);
  } catch (error) {
    if (error instanceof HexError) return error.code;
    throw error;
  }
}

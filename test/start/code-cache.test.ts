import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CodeCache, type KeptCode } from "../../src/start/code-cache.ts";

const SOURCE = "(function () { return 42; })";
const isRoot = process.getuid?.() === 0;

let folder: string;
let inPackage: string;
let ofUser: string;
let kept: KeptCode;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-code-"));
  inPackage = join(folder, "package");
  ofUser = join(folder, "user");
  await writeFile(join(folder, "source.cjs"), SOURCE);
  kept = { data: new Script(SOURCE).createCachedData(), additions: 2 };
});

afterEach(() => rm(folder, { recursive: true }));

async function openCache(key = ["v20", SOURCE]): Promise<CodeCache> {
  const source = await stat(join(folder, "source.cjs"));
  return new CodeCache({ name: "core", key, source, folders: [inPackage, ofUser] });
}

async function findFile(directory: string): Promise<string> {
  const [name = "", ...others] = await readdir(directory);
  expect(others).toEqual([]);
  return join(directory, name);
}

/** Keeps code, changes its file, and gives what is then found. */
async function readAfter(change: (file: string) => Promise<unknown>): Promise<unknown> {
  const cache = await openCache();
  cache.write(kept);
  await change(await findFile(inPackage));
  return cache.read();
}

describe("kept code", () => {
  test("is given back to whoever has the same source, versions and flags, and V8 takes it", async () => {
    (await openCache()).write(kept);
    const found = (await openCache()).read();
    expect(found).toEqual(kept);
    const script = new Script(SOURCE, { cachedData: found?.data });
    expect(script.cachedDataRejected).toBe(false);
    expect(script.runInThisContext()()).toBe(42);
  });

  test("is not given for another source or version, nor when there is none", async () => {
    expect((await openCache()).read()).toBeUndefined();
    (await openCache()).write(kept);
    expect((await openCache(["v22", SOURCE])).read()).toBeUndefined();
    expect((await openCache(["v20", `${SOURCE} `])).read()).toBeUndefined();
  });

  test("is not given once a byte of it has changed or some are missing", async () => {
    for (const at of [0, 30, 60, 100]) {
      const found = await readAfter(async (file) => {
        const bytes = await readFile(file);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        await writeFile(file, bytes);
      });
      expect(found, `byte ${at}`).toBeUndefined();
    }
    for (const size of [0, 10, 83, 84, 200]) {
      expect(await readAfter((file) => truncate(file, size)), `${size} bytes`).toBeUndefined();
    }
  });

  test("is not given when others may have written it, or a link leads to it", async () => {
    expect(await readAfter((file) => chmod(file, 0o664))).toBeUndefined();
    expect(await readAfter((file) => chmod(file, 0o646))).toBeUndefined();
    const found = await readAfter(async (file) => {
      const bytes = await readFile(file);
      await rm(file);
      await writeFile(join(folder, "elsewhere"), bytes);
      await symlink(join(folder, "elsewhere"), file);
    });
    expect(found).toBeUndefined();
  });

  test.runIf(isRoot)(
    "is not given when another user owns it, unless the source is theirs",
    async () => {
      expect(await readAfter((file) => chown(file, 54_321, 54_321))).toBeUndefined();
      await chown(join(folder, "source.cjs"), 54_321, 54_321);
      const found = await readAfter((file) => chown(file, 54_321, 54_321));
      expect(found).toEqual(kept);
    },
  );

  test("lies in the user's folder where the package is closed or others may write to it", async () => {
    await writeFile(inPackage, "no folder");
    (await openCache()).write(kept);
    expect((await openCache()).read()).toEqual(kept);
    await findFile(ofUser);

    await rm(inPackage);
    await rm(ofUser, { recursive: true });
    await mkdir(inPackage);
    await chmod(inPackage, 0o777);
    (await openCache()).write(kept);
    expect(await readdir(inPackage)).toEqual([]);
    await findFile(ofUser);
  });

  test("is written through no link, and nowhere when every folder is closed", async () => {
    const precious = join(folder, "precious");
    await mkdir(precious);
    await symlink(precious, inPackage);
    await symlink(precious, ofUser);
    (await openCache()).write(kept);
    expect(await readdir(precious)).toEqual([]);
    expect((await openCache()).read()).toBeUndefined();
  });
});

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

let folder: string;
let kept: string;

/** An installed package, in which nothing has run yet. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hex-package-"));
  kept = join(folder, "package/.code-cache");
  await mkdir(join(folder, "package/dist"), { recursive: true });
  await mkdir(join(folder, "temporary"));
  await cp(join(root, "package.json"), join(folder, "package/package.json"));
  for (const name of await readdir(join(root, "dist"))) {
    if (!/\.c?js$/.test(name)) continue;
    await cp(join(root, "dist", name), join(folder, "package/dist", name));
  }
});

afterEach(() => rm(folder, { recursive: true }));

/** Prints the version, which takes all of the script `core`. */
async function hex(): Promise<string> {
  const { NODE_V8_COVERAGE: _, ...environment } = process.env;
  const env = { ...environment, TMPDIR: join(folder, "temporary") };
  const command = join(folder, "package/dist/hex.js");
  const { stdout, stderr } = await run(process.execPath, [command, "--version"], { env });
  expect(stderr).toBe("");
  return stdout.trim();
}

async function readKept(): Promise<Buffer> {
  const names = await readdir(kept);
  expect(names).toEqual([expect.stringMatching(/^core-.*\.code$/)]);
  return readFile(join(kept, names[0] ?? ""));
}

describe("the command", () => {
  test("keeps its compiled code in the package, and leaves it alone once it holds all", async () => {
    const version = await hex();
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect((await readKept()).length).toBeGreaterThan(100_000);
    expect(await hex()).toBe(version);
    const settled = await readKept();
    expect(await hex()).toBe(version);
    expect((await readKept()).equals(settled)).toBe(true);
  });

  test("runs all the same when what it kept is damaged, and keeps it anew", async () => {
    const version = await hex();
    const [name = ""] = await readdir(kept);
    await truncate(join(kept, name), 5_000);
    expect(await hex()).toBe(version);
    expect((await readKept()).length).toBeGreaterThan(100_000);
  });

  test("may be started many times at once before anything is kept", async () => {
    const versions = await Promise.all(Array.from({ length: 4 }, hex));
    expect(new Set(versions).size).toBe(1);
    expect((await readKept()).length).toBeGreaterThan(100_000);
  });

  test("keeps it in the user's own temporary folder when the package is closed", async () => {
    await writeFile(kept, "no folder");
    await hex();
    const [name = "", ...others] = await readdir(join(folder, "temporary"));
    expect(others).toEqual([]);
    expect(name).toBe(`hex-runtime-code-${process.getuid?.()}`);
    expect(await readdir(join(folder, "temporary", name))).toHaveLength(1);
  });

  test("follows a change of the package, however the code was kept before", async () => {
    const version = await hex();
    const core = join(folder, "package/dist/core.cjs");
    const code = await readFile(core, "latin1");
    const text = "Runs notebook-style data apps";
    expect(code).toContain(text);
    await writeFile(core, code.replace(text, "Buns notebook-style data apps"), "latin1");
    expect(await hex()).toBe(version);
    expect(await readdir(kept)).toHaveLength(2);
  });
});

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { makeProject } from "../fixtures/make-project.ts";
import { hex, hexJson } from "./hex.ts";

const COUNT = `import { cached } from "hex-runtime";
export default cached("count", () => [{ n: 1 }]);`;

/** A project whose store is a folder elsewhere, as a mounted disk is. */
async function mountedProject() {
  const elsewhere = await mkdtemp(join(tmpdir(), "hex-away-"));
  onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
  const store = join(elsewhere, "store");
  const { directory } = await makeProject({
    "hex.config.json": JSON.stringify({ name: "Away", store: `file:${store}` }),
    "cells/01-count.ts": COUNT,
  });
  const run = (...flags: string[]) => hexJson(["run", "--project", directory, ...flags]);
  return { directory, store, run };
}

it("a store that is away is told as such and not taken for a new one, until it is back", async () => {
  const { directory, store, run } = await mountedProject();
  // One that never was there is made.
  expect((await run()).result.version).toBe(1);
  await rename(store, `${store}-away`);
  const away = await run("--context", "app");
  expect(away.exitCode).toBe(3);
  expect(away.result.error).toMatchObject({
    code: "HEX_STORE_UNAVAILABLE",
    message: expect.stringMatching(/there with all that was published in it, got nothing \(mount/),
  });
  expect((await hex(["versions", "--project", directory])).exitCode).toBe(3);
  // A disk that is not mounted leaves an empty folder.
  if (!existsSync(store)) await mkdir(store);
  expect(await run()).toMatchObject({ exitCode: 3, result: { version: null } });
  await rm(store, { recursive: true });
  await rename(`${store}-away`, store);
  expect((await run("--context", "app")).result).toMatchObject({ status: "completed", version: 1 });
});

it("a store that was emptied on purpose begins anew once the note of it is deleted", async () => {
  const { directory, store, run } = await mountedProject();
  expect((await run()).result.version).toBe(1);
  await rm(store, { recursive: true });
  expect((await run()).result.error?.message).toContain("delete .hex/published-store.json");
  await rm(join(directory, ".hex/published-store.json"));
  expect((await run()).result.version).toBe(1);
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { acquireLease, type LeaseOptions } from "../../src/store/lease/lease.ts";
import { runProgram } from "./run-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const TTL_MS = 1_000;
const takeTurns = new URL("./lease-programs/take-turns.ts", import.meta.url);
const beInterrupted = new URL("./lease-programs/be-interrupted.ts", import.meta.url);
const endUnreleased = new URL("./lease-programs/end-unreleased.ts", import.meta.url);

it("lets 8 processes hold 20 times each, never two at once", async () => {
  const folder = await temporaryFolder();
  await runProgram(takeTurns, [folder, "20"], 8);
  const fences = (await readFile(join(folder, "fences"), "utf8")).trim().split("\n").map(Number);
  expect(fences).toEqual(Array.from({ length: 160 }, (_, index) => index + 1));
});

it("lets another in at once when the process that held it is proven to be gone", async () => {
  const folder = await temporaryFolder();
  const dying = runProgram(beInterrupted, [folder, "SIGKILL", "600000"]);
  await expect(dying).rejects.toMatchObject({ signal: "SIGKILL" });
  const lease = await acquireHere(folder);
  expect(lease.fence).toBe(2);
  await lease.release();
});

it("lets another in once the TTL is over of a process whose death nobody can prove", async () => {
  const folder = await temporaryFolder();
  const dying = runProgram(beInterrupted, [folder, "SIGKILL", `${TTL_MS}`]);
  await expect(dying).rejects.toMatchObject({ signal: "SIGKILL" });
  const before = performance.now();
  const lease = await acquireHere(folder, { isGone: () => false });
  expect(lease.fence).toBe(2);
  expect(performance.now() - before).toBeGreaterThanOrEqual(TTL_MS);
  await lease.release();
});

it("tells a process that was stopped for three TTLs that another took over", async () => {
  const folder = await temporaryFolder();
  const stopping = runProgram(beInterrupted, [folder, "SIGSTOP", `${TTL_MS}`]);
  const { pid, fence } = JSON.parse(await readOnceThere(join(folder, "holding")));
  await wait(3 * TTL_MS);
  const lease = await acquireHere(folder);
  expect(lease.fence).toBeGreaterThan(fence);
  process.kill(pid, "SIGCONT");
  await stopping;
  const told = JSON.parse(await readFile(join(folder, "continued"), "utf8"));
  expect(told).toEqual({ isHeld: false, isLost: true, code: "HEX_RUN_SUPERSEDED" });
  expect(await lease.stillHeld()).toBe(true);
  await lease.release();
});

it("does not keep a process alive that has nothing else to do", async () => {
  const folder = await temporaryFolder();
  await runProgram(endUnreleased, [folder, `${TTL_MS}`]);
  const lease = await acquireHere(folder);
  expect(lease.fence).toBe(2);
  await lease.release();
});

/** Takes the lease after the process before, and keeps it however slow the disk is. */
function acquireHere(folder: string, options: Pick<LeaseOptions, "isGone"> = {}) {
  const store = new DirectoryStore(join(folder, "store"));
  return acquireLease(store, { holder: "test:here", ttlMs: 30_000, ...options });
}

async function readOnceThere(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) return text;
    await wait(20);
  }
}

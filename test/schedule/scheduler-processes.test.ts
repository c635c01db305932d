import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listTicks } from "../../src/schedule/tick.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { runProgram } from "../store/run-program.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

const scheduleFast = new URL("./programs/schedule-fast.ts", import.meta.url);

it("lets 3 processes on one directory fire each instant once", async () => {
  const folder = await temporaryFolder();
  await runProgram(scheduleFast, [folder, `${Date.now() + 1_000}`, "5000"], 3);
  const lines = (await readFile(join(folder, "filed"), "utf8")).trim().split("\n");
  const instants = lines.map((line) => line.split(" ")[0] ?? "").sort();
  expect(new Set(instants).size).toBe(instants.length);
  const taken = await listTicks(new DirectoryStore(join(folder, "store")), "nightly");
  expect(instants).toEqual(taken.map((instantMs) => new Date(instantMs).toISOString()));
  expect(instants.length).toBeGreaterThan(1);
  console.log(`${instants.length} instants, 3 processes`);
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listTicks } from "../../src/schedule/tick.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { buildProgram } from "../store/build-program.ts";
import { runProgram } from "../store/run-program.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

/** So many are filed at least. */
const RUNS = 8;
const scheduleFast = new URL("./programs/schedule-fast.ts", import.meta.url);

it("lets 3 processes on one directory fire each instant once", async () => {
  const folder = await temporaryFolder();
  await buildProgram(scheduleFast);
  await runProgram(scheduleFast, [folder, `${Date.now() + 1_000}`, `${RUNS}`], 3);
  const lines = (await readFile(join(folder, "filed"), "utf8")).trim().split("\n");
  const instants = lines.map((line) => line.split(" ")[0] ?? "").sort();
  expect(new Set(instants).size).toBe(instants.length);
  const taken = await listTicks(new DirectoryStore(join(folder, "store")), "nightly");
  expect(instants).toEqual(taken.map((instantMs) => new Date(instantMs).toISOString()));
  expect(instants.length).toBeGreaterThanOrEqual(RUNS);
  console.log(`${instants.length} instants, 3 processes`);
});

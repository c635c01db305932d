import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { readProcess } from "../../../src/process/process-table.ts";
import { buildProgram } from "../../store/build-program.ts";

// What becomes of runs while the process that started them can open no more files. Its limit is
// lowered below what it has open, so that every look at /proc fails.

const isPossible = existsSync("/usr/bin/prlimit") && existsSync("/proc/self/stat");

it.runIf(isPossible)("goes on with a task that could not be looked at for a while", async () => {
  const told = await starve("2000");
  expect(told).toMatchObject({ isThere: true, another: { status: "done" } });
  expect(told.refused).toBe(
    "Expected this machine to be able to start another process, got too little room for it (EMFILE) (let this process open more files (ulimit -n), or do less at once)",
  );
  expect(told.busy).toBeLessThan(0.5);
});

it.runIf(isPossible)(
  "kills a task that could not be looked at for ten seconds, and says so",
  async () => {
    const told = await starve("for-ever");
    expect(told.ending).toBe(
      "Expected the memory of the run's process to be seen four times a second, got nothing in ten seconds, and so it was killed (EMFILE) (let whoever started it open more files (ulimit -n), or do less at once)",
    );
    expect(told.busy).toBeLessThan(0.5);
    expect(readProcess(told.pid ?? 0)).toBeUndefined();
  },
);

interface Told {
  readonly ending?: unknown;
  readonly another?: unknown;
  readonly isThere?: boolean;
  readonly refused: unknown;
  readonly busy: number;
  readonly pid?: number;
}

async function starve(forMs: string): Promise<Told> {
  const program = await buildProgram(new URL("./programs/starved.ts", import.meta.url));
  const tasks = await buildProgram(new URL("./programs/tasks.ts", import.meta.url));
  const argv = [program, pathToFileURL(tasks).href, forMs];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 60_000 });
  return JSON.parse(stdout) as Told;
}

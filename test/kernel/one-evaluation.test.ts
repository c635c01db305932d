import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { buildProgram } from "../store/build-program.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 100);
const FIRST_SEED = process.env["HEX_TEST_FIRST_SEED"] ?? "1";
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 3_000;

/** Where there is one, a folder in memory: stores write each file through to a disk. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const PROGRAM = new URL("./programs/try-evaluations.ts", import.meta.url);
const runtimeUrl = new URL("../../dist/index.js", import.meta.url).href;

// In a process of its own: cells are loaded by Node itself, not by the test runner.
it(`shows one evaluation at every door, over ${SEEDS} random apps`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const argv = [await buildProgram(PROGRAM), `${SEEDS}`, FIRST_SEED, runtimeUrl];
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    env: { ...process.env, TMPDIR: FOLDER },
  });
  const totals: Readonly<Record<string, number>> = JSON.parse(stdout);
  console.log(
    Object.entries(totals)
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
  );
  const expected = [
    ...[
      "versions",
      "pages opened",
      "evaluations",
      "tables read",
      "CSVs",
      "presses",
      "equal states",
    ],
    ...["evaluations gone", "versions gone", "edits", "killed processes", "restarts"],
    ...["restored stores", "app runs", "outputs of runs", "notebook runs", "notebook tables"],
  ];
  for (const name of expected) expect(totals[name] ?? 0, name).toBeGreaterThan(0);
});

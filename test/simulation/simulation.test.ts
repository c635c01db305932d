import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../store/build-program.ts";

const SEEDS = Number(process.env["HEX_TEST_SEEDS"] ?? 300);
const FIRST_SEED = Number(process.env["HEX_TEST_FIRST_SEED"] ?? 1);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + SEEDS * 1_000;
const PROCESSES = 2;

/** Where there is one, a folder in memory: a queue writes each change through to a disk. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const PROGRAM = new URL("./programs/simulate-seeds.ts", import.meta.url);
const inPlaceOf = (name: string) => new URL(`./simulated-${name}.ts`, import.meta.url);
/** What only a real system knows: which processes live, and how one is started. */
const REPLACED = {
  "/holder.ts": inPlaceOf("holder"),
  "/project-process.ts": inPlaceOf("run-process"),
  uuid: inPlaceOf("uuid"),
};

interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly isFailed: boolean;
}

/** In a process of its own, whose clocks and timers the simulation takes over. */
async function simulate(...words: readonly (number | string)[]): Promise<Printed> {
  const argv = ["--no-warnings", await buildProgram(PROGRAM, REPLACED), ...words.map(String)];
  const options = { env: { ...process.env, TMPDIR: FOLDER }, maxBuffer: 2 ** 28 };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, isFailed: error !== null });
    });
  });
}

describe("a simulated project", () => {
  it(`keeps every promise over ${SEEDS} seeds of faults`, { timeout: TIMEOUT_MS }, async () => {
    const share = Math.ceil(SEEDS / PROCESSES);
    const firsts = Array.from({ length: PROCESSES }, (_, index) => FIRST_SEED + index * share);
    const shares = firsts.filter((first) => first < FIRST_SEED + SEEDS);
    const printed = await Promise.all(
      shares.map((first) => simulate(Math.min(share, FIRST_SEED + SEEDS - first), first)),
    );
    expect(printed.map(({ stderr }) => stderr).join("")).toBe("");
    const totals = new Map<string, number>();
    for (const { stdout } of printed) {
      for (const [name, count] of Object.entries<number>(JSON.parse(stdout))) {
        totals.set(name, (totals.get(name) ?? 0) + count);
      }
    }
    console.log([...totals].map(([name, count]) => `${count} ${name}`).join(", "));
    if (SEEDS < 200) return;
    for (const name of EXPECTED) expect(totals.get(name), name).toBeGreaterThan(0);
  });

  it("has the same history, to the byte, each time that a seed is simulated", async () => {
    const [once, again] = await Promise.all([
      simulate(12, 1, "history"),
      simulate(12, 1, "history"),
    ]);
    expect(once.stdout.length).toBeGreaterThan(10_000);
    expect(again.stdout).toBe(once.stdout);
    // Nor does it hang on what the same process has simulated before.
    const alone = await simulate(1, 12, "history");
    expect(once.stdout.endsWith(alone.stdout)).toBe(true);
  });

  it.each([
    ["ignores-if-match", / over "/],
    ["ignores-if-none-match", /create \.hex/],
  ])("prints a short history of a store that %s", async (bug, step) => {
    const { stderr, isFailed } = await simulate(400, 1, bug);
    expect(isFailed).toBe(true);
    const lines = stderr.split("\n");
    expect(stderr).toMatch(step);
    expect(stderr).toMatch(/^broken: /m);
    expect(stderr).toMatch(/^again: HEX_TEST_FIRST_SEED=\d+ HEX_TEST_SEEDS=1 npm run/m);
    expect(lines.length).toBeLessThan(150);
  });
});

const EXPECTED = [
  ...["versions", "reads", "rollbacks", "removed", "claims", "ticks", "refused", "unknown"],
  ...["runs completed", "runs failed", "runs cancelled", "queued ends", "dead ends"],
  ...["answer-lost", "late", "repeated", "undecided", "not-found", "half", "slow", "torn"],
  ...["kill", "stop", "partition", "suspend", "jump", "full-disk"],
];

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { openVersion } from "../../src/store/version.ts";
import { listVersions } from "../../src/store/versions.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { buildProgram } from "./build-program.ts";
import { runProgram } from "./run-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const KILLS = Number(process.env["HEX_TEST_KILLS"] ?? 40);
/** Generous for each on a busy machine. */
const TIMEOUT_MS = 180_000 + KILLS * 5_000;
const GENERATIONS = 200;
const writer = new URL("./programs/publish-runs.ts", import.meta.url);
const reader = new URL("./programs/read-versions.ts", import.meta.url);

it(`shows 20 readers whole versions only, while the writer is killed ${KILLS} times`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const root = await temporaryFolder();
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const [write, read] = await Promise.all([buildProgram(writer), buildProgram(reader)]);
  const readers = [start(read, [root, "10"]), start(read, [root, "10"])];
  const told = await killAgainAndAgain(
    () => start(write, [root, "1e9", "a,b", "when-told"]),
    random,
  );
  const ended = await Promise.all(readers.map(endReader));
  expect(
    ended.map(({ failure }) => failure),
    `seed ${seed}`,
  ).toEqual(["", ""]);
  // Every success has a number of its own, and each kill lost at most the one on its way.
  const numbers = told.map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  const store = new DirectoryStore(root);
  const newest = (await openVersion(store)).number ?? 0;
  expect(newest).toBeGreaterThanOrEqual(numbers.at(-1) ?? 0);
  expect(newest).toBeLessThanOrEqual(numbers.length + KILLS);
  for (const { generation, runId } of await listVersions(store)) {
    const known = told.find(({ number }) => number === generation);
    expect([generation, known?.runId ?? runId]).toEqual([generation, runId]);
  }
  const reads = ended.reduce((sum, one) => sum + one.reads, 0);
  console.log(
    `${KILLS} kills: ${numbers.length} told of ${newest} versions, ${reads} reads, 0 mixed`,
  );
  expect(Math.min(numbers.length, reads)).toBeGreaterThan(0);
});

it(`gives 8 writers ${GENERATIONS} numbers, each to one of them`, async () => {
  const root = await temporaryFolder();
  const written = await runProgram(writer, [root, `${GENERATIONS}`, "a"], 8);
  const told = written.flatMap(({ stdout }) => parseTold(stdout));
  const numbers = told.map(({ number }) => number).sort((one, other) => one - other);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect((await openVersion(new DirectoryStore(root))).number).toBe(numbers.length);
  const shares = written.map(({ stdout }) => parseTold(stdout).length);
  console.log(`8 writers: ${numbers.length} versions, ${shares.join(" + ")}`);
});

interface Told {
  readonly number: number;
  readonly runId: string;
}

/** Lets one writer after the other run for a moment, and gives what they told. */
async function killAgainAndAgain(
  startWriter: () => Process,
  random: () => number,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  let next = startWriter();
  for (let kill = 0; kill < KILLS; kill++) {
    const running = next;
    await running.isReady;
    running.child.stdin?.write("go\n");
    // The next one starts up meanwhile, so that most of the time something is being written.
    if (kill < KILLS - 1) next = startWriter();
    // It has published once: the signal meets it somewhere in the next one, or the one after.
    await running.isTelling;
    const killing = setTimeout(() => running.child.kill("SIGKILL"), random() * 60);
    await running.ended;
    clearTimeout(killing);
    expect(running.errors()).toBe("");
    told.push(...parseTold(running.output()));
  }
  return told;
}

interface Process {
  readonly child: ChildProcess;
  /** once it has said something */
  readonly isReady: Promise<unknown>;
  /** once it has said something more */
  readonly isTelling: Promise<unknown>;
  readonly ended: Promise<unknown>;
  output(): string;
  errors(): string;
}

function start(program: string, args: readonly string[]): Process {
  const child = spawn(process.execPath, [program, ...args]);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  // A writer may be killed before it has read what it was told.
  child.stdin.on("error", () => {});
  const ended = once(child, "close");
  const isReady = Promise.race([once(child.stdout, "data"), ended]);
  const isTelling = isReady.then(() => Promise.race([once(child.stdout, "data"), ended]));
  return { child, isReady, isTelling, ended, output: () => output, errors: () => errors };
}

async function endReader({ child, ended, output, errors }: Process) {
  child.stdin?.end();
  await ended;
  return { reads: Number(output()), failure: errors() };
}

/** Whole lines only: the last one may have been cut off. */
function parseTold(output: string): Told[] {
  const lines = output.split("\n").slice(0, -1);
  return lines.flatMap((line) => {
    const [number, runId] = line.split(" ");
    return runId === undefined ? [] : [{ number: Number(number), runId }];
  });
}

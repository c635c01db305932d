import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { buildProgram } from "./build-program.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const WRITERS = 4;
const SETS = Number(process.env["HEX_TEST_SETS"] ?? 30);
const KILLS = 6;
/** So short that writers are passed all the time, also such as were only slow. */
const SILENCE_MS = 30;
const STOPPED_AT_MOST_MS = 4 * SILENCE_MS;
const program = new URL("./programs/contend.ts", import.meta.url);

describe(`${WRITERS} processes that are stopped and killed at random on one object`, () => {
  it("lose no compare-and-set, and none takes place twice", { timeout: 600_000 }, async () => {
    const { root, told, seed, kills } = await contend({ removals: 0 });
    const numbers = told.sets.map(({ to }) => Number.parseInt(to, 10));
    expect(new Set(numbers).size, `a number was set twice, seed ${seed}`).toBe(numbers.length);
    const object = await new DirectoryStore(root).read("a");
    const last = Number.parseInt(new TextDecoder().decode(object?.body), 10);
    const untold = last - numbers.length;
    console.log(`count ${last}: ${numbers.length} told, ${kills} killed, seed ${seed}`);
    expect(untold, `seed ${seed}`).toBeGreaterThanOrEqual(0);
    expect(untold, `an update was lost, seed ${seed}`).toBeLessThanOrEqual(kills);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(last);
  });

  it("replace or delete each content once, by one of them", { timeout: 600_000 }, async () => {
    const { told, seed } = await contend({ removals: 0.3 });
    const replaced = told.sets.map(({ from }) => from).filter((from) => from !== "none");
    const removed = told.removed.filter((from) => from !== "unknown");
    const ended = [...replaced, ...removed];
    console.log(`${replaced.length} replaced, ${removed.length} deleted, seed ${seed}`);
    expect(Math.min(replaced.length, removed.length)).toBeGreaterThan(0);
    const twice = ended.filter((from, index) => ended.indexOf(from) !== index);
    expect(twice, `seed ${seed}`).toEqual([]);
  });
});

interface Told {
  readonly sets: { readonly from: string; readonly to: string }[];
  readonly removed: string[];
}

/** Lets writers do their work, each stopped and let go on or killed, and ends without a leftover. */
async function contend({ removals }: { readonly removals: number }) {
  const root = await temporaryFolder();
  const seed = Number(process.env["HEX_TEST_SEED"] ?? Date.now() % 1_000_000);
  const random = seededRandom(seed);
  const told: Told = { sets: [], removed: [] };
  const path = await buildProgram(program);
  const living = new Set<ChildProcess>();
  let kills = 0;

  const goOn = (child: ChildProcess) => {
    const isKilled = kills < KILLS && random() < 0.15;
    kills += Number(isKilled);
    setTimeout(() => child.kill(isKilled ? "SIGKILL" : "SIGCONT"), random() * STOPPED_AT_MOST_MS);
  };
  const work = async (): Promise<void> => {
    const args = [root, `${Math.floor(random() * 1e9)}`, `${SILENCE_MS}`, `${removals}`, `${SETS}`];
    const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    living.add(child);
    onTestFinished(() => void child.kill("SIGKILL"));
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    createInterface(child.stdout).on("line", (line) => {
      const [word, from = "", to = ""] = line.split(" ");
      if (word === "stopped") goOn(child);
      else if (word === "set") told.sets.push({ from, to });
      else told.removed.push(from);
    });
    const [, signal] = await once(child, "close");
    living.delete(child);
    expect(errors, `seed ${seed}`).toBe("");
    // Another one takes the place of one that was killed.
    if (signal === "SIGKILL") await work();
  };
  const stopping = setInterval(() => {
    const child = [...living][Math.floor(random() * living.size)];
    if (child?.kill("SIGSTOP")) goOn(child);
  }, 2 * SILENCE_MS);
  onTestFinished(() => clearInterval(stopping));
  await Promise.all(Array.from({ length: WRITERS }, work));
  clearInterval(stopping);
  await expectNothingLeft(root, `seed ${seed}`);
  return { root, told, seed, kills };
}

/** A killed writer leaves a temporary file at most, which is found; nothing that is in the way. */
async function expectNothingLeft(root: string, seed: string): Promise<void> {
  const { leftovers } = new DirectoryStore(root);
  for (const { key } of await toArray(leftovers.list())) await leftovers.remove(key);
  const left = await readdir(root);
  expect(left.length, `${seed}: ${left.map((name) => join(root, name))}`).toBeLessThanOrEqual(1);
  expect(["a", undefined], seed).toContain(left[0]);
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished } from "vitest";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { buildProgram } from "./build-program.ts";
import { underShell } from "./namespaces.ts";
import { toArray } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** After which nobody goes past anybody, unless a death is proven. */
export const FOREVER_MS = 1e9;
export const SHORT_MS = 200;
/** The lock of the object `a`. */
export const LOCK = ".hex-tmp-lock-a";
const program = new URL("./programs/signal-in-lock.ts", import.meta.url);

export const bytes = (text: string) => new TextEncoder().encode(text);

/** A store that holds the object `a`. */
export async function storeFolder(): Promise<string> {
  const root = join(await temporaryFolder(), "store");
  await new DirectoryStore(root).write("a", bytes("first"));
  return root;
}

export async function readText(root: string): Promise<string | undefined> {
  const object = await new DirectoryStore(root).read("a");
  return object && new TextDecoder().decode(object.body);
}

/** The next writer gets its turn, and what it writes stays. */
export async function expectWritable(root: string, silenceMs: number): Promise<void> {
  const store = new DirectoryStore(root, undefined, silenceMs);
  expect(await store.write("a", bytes("ours"))).toMatchObject({ status: "written" });
  expect(await readText(root)).toBe("ours");
}

/** These leftovers are there, and nothing is when they were removed. */
export async function expectCollected(root: string, keys: readonly unknown[]): Promise<void> {
  const { leftovers } = new DirectoryStore(root);
  const found = await toArray(leftovers.list());
  expect(found.map(({ key }) => key)).toEqual(keys);
  for (const { key } of found) await leftovers.remove(key);
  expect(await readdir(root)).toEqual(["a"]);
}

/** Has a process change `a` that kills itself just before or after. */
export async function runKilled(
  root: string,
  change: string,
  moment: "before" | "after",
  namespace: readonly string[] | undefined = [],
): Promise<void> {
  const args = [await buildProgram(program), root, change, "SIGKILL", moment];
  const [file = "", ...rest] = [
    ...namespace,
    ...(namespace.length === 0 ? [process.execPath, ...args] : underShell(args)),
  ];
  // What was killed has printed nothing.
  const { stdout } = await promisify(execFile)(file, rest).catch((error) => error);
  expect(stdout).toBe("");
}

/** A process that stopped itself just before it changes `a`. */
export interface Stopped {
  /** Lets it go on until it stops again. */
  goOnToStop(): Promise<void>;
  /** Lets it go on to its end; gives what came of its change. */
  goOn(): Promise<unknown>;
}

export async function startStopped(root: string, change: string, times = 1): Promise<Stopped> {
  const args = [root, change, "SIGSTOP", "before", `${times}`];
  const child = spawn(process.execPath, [await buildProgram(program), ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const ended = once(child, "close");
  await isStopped(child);
  return {
    goOnToStop: async () => {
      child.kill("SIGCONT");
      await isStopped(child);
    },
    goOn: async () => {
      child.kill("SIGCONT");
      await ended;
      return JSON.parse(output);
    },
  };
}

async function isStopped({ pid }: ChildProcess): Promise<void> {
  await expect
    .poll(async () => (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/.*\) /s, ""))
    .toMatch(/^T/);
}

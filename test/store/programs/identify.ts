import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { identifyProcess, isProcessGone } from "../../../src/store/holder.ts";

/**
 * Prints this process's identity, then of each identity that it is told whether that one is gone:
 * `own` means this process, `child` one that it starts. `argv`: how it does so, the identities.
 *
 *   once         and ends
 *   on           and lives until its input ends
 *   descriptors  having used up all descriptors after its own identity was found, which is not told
 *   nameless     having used them up before; the identity is printed twice, also once they are back
 */
const [mode = "", ...identities] = process.argv.slice(2);

function useUpDescriptors(): () => void {
  const used: number[] = [];
  try {
    for (;;) used.push(openSync("/dev/null", "r"));
  } catch {
    return () => used.map(closeSync);
  }
}

/** A child that lives, as its parent may name it. */
function childIdentity(): string {
  const child = spawn("sleep", ["1000"]);
  process.on("exit", () => child.kill("SIGKILL"));
  return [...identifyProcess().split(".").slice(0, 2), child.pid, 1].join(".");
}

function toIdentity(word: string): string {
  if (word === "child") return childIdentity();
  return word === "own" ? identifyProcess() : word;
}

const tell = () => process.stdout.write(`${identifyProcess()}\n`);
if (mode === "nameless") {
  process.stdout.write("");
  const giveBack = useUpDescriptors();
  identifyProcess();
  giveBack();
  tell();
} else if (mode === "descriptors") {
  identifyProcess();
  const giveBack = useUpDescriptors();
  const isGone = identities.map(isProcessGone);
  giveBack();
  for (const one of isGone) process.stdout.write(`${one}\n`);
} else tell();
if (mode === "nameless") tell();
if (mode === "once") {
  for (const word of identities) process.stdout.write(`${isProcessGone(toIdentity(word))}\n`);
  process.exit(0);
}
if (mode === "on") readFileSync(0);

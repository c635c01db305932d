import { spawn } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import {
  readMemory,
  readMemoryByPs,
  readProcess,
  readProcesses,
  readProcessesByPs,
} from "../../../src/process/process-table.ts";

it("lists a process with its parent and group, from /proc and by ps", async () => {
  const pid = startSleeper();
  const mine = { pid, parent: process.pid, group: pid };
  expect((await readProcesses()).find((each) => each.pid === pid)).toMatchObject(mine);
  expect((await readProcessesByPs()).find((each) => each.pid === pid)).toMatchObject(mine);
});

it("leaves out the dead that nobody has cleared away", async () => {
  // The shell becomes a sleeper, which never asks what became of the shell's child.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 1000"]);
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [told] = await parent.stdout.take(1).toArray();
  const zombie = Number(told);
  await expect.poll(() => readProcess(zombie)).toBeUndefined();
  expect((await readProcesses()).map(({ pid }) => pid)).not.toContain(zombie);
  expect((await readProcessesByPs()).map(({ pid }) => pid)).not.toContain(zombie);
});

it("tells the memory of processes, and none for one that is gone, from /proc and by ps", async () => {
  for (const read of [readMemory, readMemoryByPs]) {
    const memory = await read([process.pid, 2 ** 30]);
    expect(memory.get(process.pid)).toBeGreaterThan(20 * 2 ** 20);
    expect(memory.get(2 ** 30)).toBe(0);
  }
});

function startSleeper(): number {
  const sleeper = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void sleeper.kill("SIGKILL"));
  return sleeper.pid ?? 0;
}

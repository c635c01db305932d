import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isDead, type ProcessEntry } from "./process-entry.ts";

/** All processes that this one may see, as `ps` lists them where there is no /proc. */
export async function readProcessesByPs(): Promise<readonly ProcessEntry[]> {
  const rows = await ps(["-A", "-o", "pid=,ppid=,pgid=,stat="]);
  return rows.flatMap(([pid, parent, group, state = ""]) =>
    isDead(state)
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), start: "" }],
  );
}

/** The memory that processes have now, by id, as `ps` tells it. */
export async function readMemoryByPs(
  pids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await ps(["-A", "-o", "pid=,rss="]);
  const all = new Map(rows.map(([pid, kibibytes]) => [Number(pid), 1024 * Number(kibibytes)]));
  return new Map(pids.map((pid) => [pid, all.get(pid) ?? 0]));
}

async function ps(args: readonly string[]): Promise<readonly string[][]> {
  const { stdout } = await promisify(execFile)("ps", [...args], { maxBuffer: 2 ** 26 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
}

import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** A process as the system lists it; those that are dead and only not yet cleared away are left out. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** tells two processes apart that had the same id one after the other; empty where unknown */
  readonly start: string;
}

const hasProc = existsSync("/proc/self/stat");

/** All processes that this one may see. */
export async function readProcesses(): Promise<readonly ProcessEntry[]> {
  if (!hasProc) return readByPs();
  return readdirSync("/proc").flatMap((name) => readProcess(Number(name)) ?? []);
}

/** One process as it is now; none when there is no such one, or where only `ps` would know. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = Number.isInteger(pid) ? readProc(`${pid}/stat`) : undefined;
  // The name in brackets may hold anything; the fields after it are fixed.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group] = fields ?? [];
  if (fields === undefined || isDead(state)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), start: fields[19] ?? "" };
}

/** The names and values a process was started with; empty where the system does not say. */
export function readEnvironment(pid: number): string {
  return readProc(`${pid}/environ`) ?? "";
}

/** The memory that processes have now, by id. What several of them share counts for each. */
export async function readMemory(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (!hasProc) return readMemoryByPs(pids);
  return new Map(pids.map((pid) => [pid, toMemory(readProc(`${pid}/status`))]));
}

/** The threads of a process by their ids; only the process itself where the system does not say. */
export function readThreads(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    // Not Linux, or the process is gone: whoever uses the ids finds out.
    return [pid];
  }
}

function toMemory(status: string | undefined): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? "")?.[1] ?? 0);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    // The process is gone, or somebody else's.
    return undefined;
  }
}

function isDead(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X");
}

async function readByPs(): Promise<readonly ProcessEntry[]> {
  const rows = await ps(["-A", "-o", "pid=,ppid=,pgid=,stat="]);
  return rows.flatMap(([pid, parent, group, state = ""]) =>
    isDead(state)
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), start: "" }],
  );
}

async function readMemoryByPs(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
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

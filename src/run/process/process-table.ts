import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { isDead, type ProcessEntry } from "./process-entry.ts";
import { readMemoryByPs, readProcessesByPs } from "./ps-table.ts";
import { withSpareDescriptor } from "./spare-descriptor.ts";

/*
 * What cannot be looked at is never taken for gone: only the system's own word for "no such process"
 * and "not yours to see" is an answer. Anything else, as when no descriptor is left, is thrown.
 */

const hasProc = existsSync("/proc/self/stat");

/** Nobody else gets a turn while so many processes are read, about two milliseconds. */
const AT_ONCE = 50;

/**
 * All processes that this one may see; those that are dead and not yet cleared away are left out.
 * @throws what kept it from looking
 */
export async function readProcesses(): Promise<readonly ProcessEntry[]> {
  if (!hasProc) return readProcessesByPs();
  const pids = withSpareDescriptor(() => readdirSync("/proc"))
    .map(Number)
    .filter(Number.isInteger);
  const found: ProcessEntry[] = [];
  for (const [at, pid] of pids.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await breathe();
    const process = readProcess(pid);
    if (process !== undefined) found.push(process);
  }
  return found;
}

/**
 * One process as it is now; none when there is no such one, or where only `ps` would know.
 * @throws what kept it from looking
 */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readProc(`${pid}/stat`);
  // The name in brackets may hold anything; the fields after it are fixed.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, group] = fields ?? [];
  if (fields === undefined || isDead(state)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), start: fields[19] ?? "" };
}

/**
 * The names and values a process was started with; empty where the system does not say.
 * @throws what kept it from looking
 */
export function readEnvironment(pid: number): string {
  return readProc(`${pid}/environ`) ?? "";
}

/**
 * The memory that processes have now, by id. What several of them share counts for each.
 * @throws what kept it from looking
 */
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
    return withSpareDescriptor(() => readFileSync(`/proc/${path}`, "utf8"));
  } catch (thrown) {
    if (ANSWERS.has((thrown as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw thrown;
  }
}

/** The process is gone, or somebody else's; ENOENT also where there is no /proc. */
const ANSWERS: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

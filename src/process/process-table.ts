import { execFile } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { promisify } from "node:util";

/*
 * A process that cannot be looked at is never taken for gone: only the system's own word for "no such process"
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
    if (at % AT_ONCE === AT_ONCE - 1) await yieldToEventLoop();
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
    // Not Linux, or the process is gone: the user of the ids finds out.
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

/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** 0 for what belongs to the system's core */
  readonly group: number;
  /** tells two processes apart that had the same id one after the other; empty where unknown */
  readonly start: string;
}

/** Whether a process with this state is dead and only not yet cleared away. */
function isDead(state: string): boolean {
  return state.startsWith("Z") || state.startsWith("X");
}

/** All processes that this one may see, as `ps` lists them where there is no /proc. @internal */
export async function readProcessesByPs(): Promise<readonly ProcessEntry[]> {
  const rows = await ps(["-A", "-o", "pid=,ppid=,pgid=,stat="]);
  return rows.flatMap(([pid, parent, group, state = ""]) =>
    isDead(state)
      ? []
      : [{ pid: Number(pid), parent: Number(parent), group: Number(group), start: "" }],
  );
}

/** The memory that processes have now, by id, as `ps` tells it. @internal */
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

let spare: number | undefined;

/**
 * Does what needs one descriptor for a moment, also when this process has used up all that it may
 * have: one is kept back for this.
 * @throws what was thrown, where even that one is not to be had
 */
function withSpareDescriptor<Result>(look: () => Result): Result {
  spare ??= keepSpare();
  try {
    return look();
  } catch (thrown) {
    if (!isOutOfDescriptors(thrown) || spare === undefined) throw thrown;
  }
  closeSync(spare);
  try {
    return look();
  } finally {
    spare = keepSpare();
  }
}

/** Whether something failed since this process, or the machine, has as many files open as it may. */
function isOutOfDescriptors(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
  return code === "EMFILE" || code === "ENFILE";
}

function keepSpare(): number | undefined {
  try {
    return openSync("/dev/null", "r");
  } catch {
    // Taken meanwhile, or a system without it: the caller gets a failure, and tries again later.
    return undefined;
  }
}
